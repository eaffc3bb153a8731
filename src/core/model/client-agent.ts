// Agents that are no servers, as the servers know them. Whether one is alive is found by a server: it holds a lease or it does not.

import type { MemberStatus } from './member.ts'
import type { CatalogNode } from './node.ts'
import type { Indexed, Unindexed } from './row.ts'
import { joinKey } from './tenancy.ts'

export interface ClientAgent extends Indexed {
  readonly Node: string
  readonly Partition: string
  /** The node's uuid. */
  readonly ID: string
  readonly Address: string
  readonly Version: string
  readonly Status: MemberStatus
  /** Since when it is in this status: milliseconds since the epoch. */
  readonly Since: number
}

export type NewClientAgent = Unindexed<ClientAgent>

/** The table key of an agent: that of its node, which no peer has. */
export function clientAgentKey(agent: Pick<CatalogNode, 'Partition' | 'Node'>): string {
  return joinKey(agent.Partition, agent.Node.toLowerCase())
}
