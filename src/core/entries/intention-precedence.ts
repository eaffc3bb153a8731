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
