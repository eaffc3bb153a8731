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

/** What a row costs whatever is in it: the objects themselves, their keys, and their places in the indexes. */
const NODE_COST = 1_400
const SERVICE_COST = 2_600
const CHECK_COST = 1_900

/** Estimated bytes of memory that an instance of `bytes` encoded bytes with some checks takes. */
export function instanceCost(bytes: number, checks: number): number {
  return NODE_COST + SERVICE_COST + checks * CHECK_COST + 4 * bytes
}

/** Estimated bytes that the name of a service takes in the list of exported services. */
export function nameCost(name: string): number {
  return 100 + 2 * name.length
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

/** Sets what a service costs from now on, in place of what it did; false, and nothing changes, when that is too much. */
export function spend(budget: ImportBudget, id: string, cost: number): boolean {
  const total = budget.total - (budget.costs.get(id) ?? 0) + cost
  if (total > budget.limit && cost > (budget.costs.get(id) ?? 0)) return false
  budget.total = total
  if (cost === 0) budget.costs.delete(id)
  else budget.costs.set(id, cost)
  return true
}

/** Forgets the services for which `keep` is false. */
export function retain(budget: ImportBudget, keep: (id: string) => boolean): void {
  for (const id of [...budget.costs.keys()]) if (!keep(id)) spend(budget, id, 0)
}
