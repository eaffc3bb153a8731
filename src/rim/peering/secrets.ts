// Secrets of peerings: making them, recognising them by their digest, keeping those that have to be said sealed.

import { createHash, randomUUID } from 'node:crypto'
import type { Sealer } from '../signer/seal.ts'

/** A new secret. */
export function newSecret(): string {
  return randomUUID()
}

/** What is stored of a secret that only has to be recognised. Secrets are uuids: nobody can try them all. */
export function digestOf(secret: string): string {
  return secret === '' ? '' : createHash('sha256').update(secret).digest('hex')
}

/** What the side that dials keeps. */
export interface DialerSecrets {
  /** Opens streams; '' until the token's secret was exchanged. */
  readonly stream: string
  /** Digest of the token's secret that is being exchanged or was last. */
  readonly token: string
  /** Tells this attempt to exchange it from any other. */
  readonly attempt: string
}

const LABEL = 'peering'

export function sealSecrets(sealer: Sealer, secrets: DialerSecrets): string {
  return sealer.seal(LABEL, JSON.stringify(secrets))
}

/** Opens what `sealSecrets` made. Throws Fault('internal') when it was altered or sealed elsewhere. */
export function openSecrets(sealer: Sealer, sealed: string): DialerSecrets {
  // Sealed texts are authentic: only sealSecrets makes them under this label.
  return JSON.parse(sealer.open(LABEL, sealed)) as DialerSecrets
}
