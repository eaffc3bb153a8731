// A server of the federation, as `members -wan` shows it and as other datacenters reach it.

import type { Indexed } from './row.ts'

export type MemberStatus = 'alive' | 'failed' | 'left'

export interface WanMember extends Indexed {
  /** `<node>.<datacenter>`. */
  readonly Name: string
  readonly Node: string
  readonly Datacenter: string
  /** Where the other servers dial it: the WAN address, its federation port and its RPC port. */
  readonly Address: string
  readonly Port: number
  readonly RpcPort: number
  readonly Status: MemberStatus
  readonly Tags: Readonly<Record<string, string>>
}
