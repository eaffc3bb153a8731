// Everything a replica must have to go on signing after a restart, in the middle of a rotation too. As text it holds
// private keys: it is stored only sealed.

import { Fault } from '../../core/model/fault.ts'
import type { Rotation } from '../../core/pki/rotation.ts'
import type { SignerState } from './signer-state.ts'

export interface CaState {
  readonly version: 1
  readonly rotation: Rotation
  /** The signer of the active root, or of a secondary datacenter's intermediate. */
  readonly signer: SignerState
  /** The signer of the root that is to take over; null outside a rotation. */
  readonly candidate: SignerState | null
}

export function encodeCaState(state: CaState): string {
  return JSON.stringify(state)
}

/** Reads what `encodeCaState` wrote. Throws Fault `internal` for anything else, and never quotes it. */
export function decodeCaState(text: string): CaState {
  const value = parse(text)
  if (isRecord(value) && value.version === 1 && isRotation(value.rotation)) {
    const { rotation, signer, candidate } = value
    if (isSignerState(signer) && (candidate === null || isSignerState(candidate))) {
      return { version: 1, rotation, signer, candidate }
    }
  }
  throw new Fault('internal', 'the stored state of the certificate authority is damaged or of a newer version')
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const PHASES = ['empty', 'steady', 'cross-signing', 'ready']

// The text was sealed by us, so its shape is checked only as far as a version mix-up could change it.
function isRotation(value: unknown): value is Rotation {
  if (!isRecord(value) || typeof value.phase !== 'string' || !PHASES.includes(value.phase)) return false
  if (value.phase === 'empty') return true
  return Array.isArray(value.roots) && (value.phase === 'steady' || isRecord(value.candidate))
}

function isSignerState(value: unknown): value is SignerState {
  if (!isRecord(value) || !Array.isArray(value.links)) return false
  const texts = [value.clusterId, value.keyPem, value.certPem, value.pendingKeyPem, ...value.links]
  return texts.every(text => typeof text === 'string') && (value.kind === 'root' || value.kind === 'intermediate')
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
