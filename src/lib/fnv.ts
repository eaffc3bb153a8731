// FNV-1 in 64 bits: a hash for names and keys, never for secrets.

const OFFSET = 0xcbf29ce484222325n
const PRIME = 0x100000001b3n
const MASK = 0xffffffffffffffffn

/** The FNV-1 (multiply, then xor) hash of some bytes. */
export function fnv1(bytes: Uint8Array): bigint {
  let hash = OFFSET
  for (const byte of bytes) hash = ((hash * PRIME) & MASK) ^ BigInt(byte)
  return hash
}

/** The eight bytes of a 64-bit number, lowest first. */
export function littleEndian64(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, value & MASK, true)
  return bytes
}
