// Groups that spread many names evenly, so that following all of them does not mean reading all of them at every change.

export const SHARDS = 64

/** The group of a name: the same for ever. */
export function shardOf(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193)
  // The low bits of this hash alternate with the last letter; folding brings the others in.
  return ((hash >>> 16) ^ hash) & (SHARDS - 1)
}
