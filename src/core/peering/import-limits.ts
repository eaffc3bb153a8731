// How much a peer may send: a peer is a stranger, and what it sends is held in memory here. The bounds are far above what services
// look like, and keep all rows of one peer within 64 MB.

/** Bytes of one frame, and of one resource of each kind. Larger ones are refused before they are taken apart. */
export const MAX_BYTES = {
  frame: 8 * 1024 * 1024,
  instance: 128 * 1024,
  bundle: 512 * 1024,
  addresses: 64 * 1024,
} as const

export const MAX = {
  services: 20_000,
  instances: 4_096,
  checks: 64,
  tags: 256,
  pairs: 128,
  addresses: 64,
  roots: 32,
  names: 16,
  /** Characters of a name, an address, a tag, a key. */
  name: 256,
  value: 1_024,
  /** Characters of a check's output and notes; more is cut off. */
  output: 1_024,
} as const

/** Bytes of memory that everything of one peer may take, as estimated by `instanceCost`. */
export const MEMORY_BUDGET = 64 * 1024 * 1024

/**
 * What rows cost whatever is in them: the objects, their keys, and their places in the indexes. Measured, and rounded up. Small
 * texts take several times their encoded size.
 */
const COST = { name: 800, listedName: 100, service: 1_200, check: 1_200, node: 1_200, encodedByte: 8 }

/** Estimated bytes of memory that an instance of `bytes` encoded bytes with some checks takes, without its node. */
export function instanceCost(bytes: number, checks: number): number {
  return COST.service + checks * COST.check + COST.encodedByte * bytes
}

/** Estimated bytes of so many nodes. What is in them is counted with the instances that came with them. */
export function nodesCost(count: number): number {
  return count * COST.node
}

/** Estimated bytes that a service takes by having instances, whatever their number. */
export function serviceCost(name: string): number {
  return COST.name + 4 * name.length
}

/** Estimated bytes that the name of a service takes in the list of exported services. */
export function listedNameCost(name: string): number {
  return COST.listedName + 2 * name.length
}

/** What each service of a peer costs, and all of them. */
export interface ImportBudget {
  readonly costs: Map<string, number>
  total: number
  readonly limit: number
}

export function createBudget(limit = MEMORY_BUDGET): ImportBudget {
  return { costs: new Map(), total: 0, limit }
}

/**
 * Sets what a service costs from now on, in place of what it did; false, and nothing changes, when that is too much. `besides` is
 * what else has to fit in.
 */
export function spend(budget: ImportBudget, id: string, cost: number, besides = 0): boolean {
  const before = budget.costs.get(id) ?? 0
  const total = budget.total - before + cost
  if (total + besides > budget.limit && cost > before) return false
  budget.total = total
  if (cost === 0) budget.costs.delete(id)
  else budget.costs.set(id, cost)
  return true
}

/** Forgets the services for which `keep` is false. */
export function retain(budget: ImportBudget, keep: (id: string) => boolean): void {
  for (const id of [...budget.costs.keys()]) if (!keep(id)) spend(budget, id, 0)
}
