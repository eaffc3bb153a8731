// The instances of a subset: those its filter expression holds for.

import { matches, parseFilter } from '../../lib/bexpr/filter.ts'
import type { CheckServiceNode } from '../model/fact.ts'

/** The instances that `filter` selects; an expression that cannot be read selects none, as it says nothing about any. */
export function subsetInstances(instances: readonly CheckServiceNode[], filter: string): readonly CheckServiceNode[] {
  if (filter === '') return instances
  const parsed = parseFilter(filter)
  return parsed.ok ? instances.filter(instance => matches(parsed.filter, instance)) : []
}
