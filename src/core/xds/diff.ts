// What changed between two lists of resources, by identity. Cost: one comparison per element, and a map only over the stretch
// between the first and the last insertion or removal.

import type { Resource } from '../envoy/resource.ts'

/** Told of every difference: `changed` for new or other resources, `gone` for names no longer listed. */
export interface DiffListener {
  changed(resource: Resource): void
  gone(name: string): void
}

/**
 * Reports how to come from `before` to `after`. Names are unique within a list. Order carries no meaning, but lists that keep
 * theirs (sorted by name, say) are compared fastest.
 */
export function diffResources(before: readonly Resource[], after: readonly Resource[], listener: DiffListener): void {
  const start = sameNamesFromStart(before, after, listener)
  if (start === before.length && start === after.length) return

  const tail = sameNamesFromEnd(before.slice(start), after.slice(start), listener)
  const oldNames = new Map<string, Resource>()
  for (const resource of before.slice(start, before.length - tail)) oldNames.set(resource.name, resource)

  for (const resource of after.slice(start, after.length - tail)) {
    if (oldNames.get(resource.name) !== resource) listener.changed(resource)
    oldNames.delete(resource.name)
  }
  for (const name of oldNames.keys()) listener.gone(name)
}

function sameNamesFromStart(before: readonly Resource[], after: readonly Resource[], listener: DiffListener): number {
  const length = Math.min(before.length, after.length)
  for (let index = 0; index < length; index++) {
    const old = before[index]!
    const now = after[index]!
    if (old === now) continue
    if (old.name !== now.name) return index
    listener.changed(now)
  }
  return length
}

function sameNamesFromEnd(before: readonly Resource[], after: readonly Resource[], listener: DiffListener): number {
  const length = Math.min(before.length, after.length)
  for (let back = 1; back <= length; back++) {
    const old = before[before.length - back]!
    const now = after[after.length - back]!
    if (old === now) continue
    if (old.name !== now.name) return back - 1
    listener.changed(now)
  }
  return length
}
