// Which of two intentions wins: the one that says more about its destination, then the one that says more about its source.

interface Named {
  readonly Namespace: string
  readonly Name: string
}

const WILDCARD = '*'

/**
 * From 9 (both exact) to 1 (both all wildcards). An exact destination counts 9, a wildcard name 6, a wildcard namespace 3;
 * each wildcard of the source takes one off.
 */
export function precedence(source: Named, destination: Named): number {
  return 9 - 3 * wildcards(destination) - wildcards(source)
}

/** How many of namespace and name are wildcards. */
export function wildcards(named: Named): number {
  return Number(named.Namespace === WILDCARD) + Number(named.Name === WILDCARD)
}

interface Ordered {
  readonly Precedence: number
  readonly SamenessGroup: string
  readonly Peer: string
  readonly Partition: string
  readonly Namespace: string
  readonly Name: string
}

/** The order of intentions: highest precedence first, then by where the source is and what it is called. */
export function compareSources(a: Ordered, b: Ordered): number {
  return (
    b.Precedence - a.Precedence ||
    compareText(a.SamenessGroup, b.SamenessGroup) ||
    compareText(wildcardLast(a.Peer), wildcardLast(b.Peer)) ||
    compareText(a.Partition, b.Partition) ||
    compareText(a.Namespace, b.Namespace) ||
    compareText(a.Name, b.Name)
  )
}

/** What is said about one peer wins over what is said about all of them. No peer's name comes after a letter. */
function wildcardLast(peer: string): string {
  return peer === WILDCARD ? '~' : peer
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
