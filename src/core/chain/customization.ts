// What one caller changed in a chain, and the hash that keeps its clusters apart from everybody else's.

import { fnv1, littleEndian64 } from '../../lib/fnv.ts'
import type { MeshGatewayMode } from '../model/mesh-gateway-mode.ts'

/** What a caller asks to be different from what the entries say. */
export interface ChainOverrides {
  readonly meshGatewayMode?: MeshGatewayMode
  readonly protocol?: string
  readonly connectTimeoutMs?: number
}

const utf8 = new TextEncoder()

/**
 * Eight hexadecimal digits over the overrides that changed something; '' when none did. The same value that Consul prefixes
 * cluster names with: a structural FNV-1 hash, where a structure is its type name's hash, xor-ed with each field's.
 */
export function customizationHash(effective: ChainOverrides): string {
  if (Object.keys(effective).length === 0) return ''
  const nanoseconds = BigInt(Math.round((effective.connectTimeoutMs ?? 0) * 1e6))
  const meshGateway = hashStructure('MeshGatewayConfig', [['Mode', hashText(effective.meshGatewayMode ?? '')]])
  const hash = hashStructure('', [
    ['OverrideMeshGateway', meshGateway],
    ['OverrideProtocol', hashText(effective.protocol ?? '')],
    ['OverrideConnectTimeout', fnv1(littleEndian64(nanoseconds))],
  ])
  return hash.toString(16).slice(0, 8)
}

function hashStructure(typeName: string, fields: readonly (readonly [string, bigint])[]): bigint {
  return fields.reduce((hash, [name, value]) => hash ^ hashPair(hashText(name), value), hashText(typeName))
}

function hashPair(a: bigint, b: bigint): bigint {
  return fnv1(Uint8Array.from([...littleEndian64(a), ...littleEndian64(b)]))
}

function hashText(text: string): bigint {
  return fnv1(utf8.encode(text))
}
