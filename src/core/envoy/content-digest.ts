// A short text that says what data contains, for keys.

import { sha256Hex } from '../../lib/sha256.ts'

const known = new WeakMap<object, string>()

/** Equal for equal JSON data. Worked out once for an object, which must never change. */
export function contentDigest(data: object): string {
  const before = known.get(data)
  if (before !== undefined) return before
  const digest = sha256Hex(Buffer.from(JSON.stringify(data)))
  known.set(data, digest)
  return digest
}
