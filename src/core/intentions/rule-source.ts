// The source of an intention while rules are compiled, and how sources contain one another.

import { wildcards } from '../entries/intention-precedence.ts'

/** `peer` is '' for this cluster's services. Trust domain and partition are those in the caller's certificate. */
export interface RuleSource {
  readonly trustDomain: string
  readonly partition: string
  readonly namespace: string
  readonly name: string
  readonly peer: string
}

/** True when every caller that `inner` means is also meant by `outer`. */
export function containsSource(outer: RuleSource, inner: RuleSource): boolean {
  if (outer.peer !== inner.peer || outer.partition !== inner.partition) return false
  return covers(outer.namespace, inner.namespace) && covers(outer.name, inner.name)
}

/** How many of namespace and name are wildcards. */
export function sourceWildcards(source: RuleSource): number {
  return wildcards({ Namespace: source.namespace, Name: source.name })
}

function covers(pattern: string, name: string): boolean {
  return pattern === '*' || pattern === name
}
