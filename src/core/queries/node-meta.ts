// Wanted node metadata: pairs that a node must all carry.

export type NodeMeta = readonly (readonly [string, string])[]

/** Whether a node carries all the wanted pairs. */
export function hasNodeMeta(meta: Readonly<Record<string, string>>, wanted: NodeMeta): boolean {
  return wanted.every(([key, value]) => Object.hasOwn(meta, key) && meta[key] === value)
}
