// Every way the replicated state can change. A command is plain data; `reduce` decides what it does.

import type { NewEntry } from '../entries/define-entry.ts'
import type { ConfigEntry } from '../entries/index.ts'
import type { CaConfiguration, CaRootsRow, CaSignerRow } from '../model/ca.ts'
import type { HealthCheck } from '../model/check.ts'
import type { WanMember } from '../model/member.ts'
import type { CatalogNode } from '../model/node.ts'
import type { Unindexed } from '../model/row.ts'
import type { ServiceInstance } from '../model/service.ts'
import type { AgentCommand } from './agent-commands.ts'
import type { ImportCommand } from './import-commands.ts'
import type { IntentionCommand } from './intention-commands.ts'
import type { PeeringCommand } from './peering-commands.ts'
import type { TenancyCommand } from './tenancy-commands.ts'

/** Registers a node with, optionally, one service and some checks. */
export interface RegisterCommand {
  readonly type: 'register'
  readonly node: Unindexed<CatalogNode>
  /** Leaves an existing node row as it is. */
  readonly skipNodeUpdate: boolean
  readonly services: readonly Unindexed<ServiceInstance>[]
  readonly checks: readonly Unindexed<HealthCheck>[]
}

/** Removes a check, else a service with its checks, else the node with all it holds. */
export interface DeregisterCommand {
  readonly type: 'deregister'
  readonly node: string
  readonly partition: string
  readonly namespace: string
  readonly peer: string
  readonly serviceId: string
  readonly checkId: string
}

export interface SetEntryCommand {
  readonly type: 'set-entry'
  readonly entry: NewEntry<ConfigEntry>
  /** When given, the write happens only if the stored entry has this ModifyIndex; 0 means it must not exist. */
  readonly cas?: number
  /** Where rules across entries are judged: the datacenter that carries this out. */
  readonly datacenter?: string
}

export interface DeleteEntryCommand {
  readonly type: 'delete-entry'
  readonly kind: string
  readonly name: string
  readonly partition: string
  readonly namespace: string
  readonly cas?: number
  readonly datacenter?: string
}

/** Makes a secondary's entries equal to the primary's. */
export interface ReplaceEntriesCommand {
  readonly type: 'replace-entries'
  readonly set: readonly NewEntry<ConfigEntry>[]
  readonly remove: readonly Pick<ConfigEntry, 'Kind' | 'Name' | 'Partition' | 'Namespace'>[]
}

export interface SetMemberCommand {
  readonly type: 'set-member'
  readonly member: Unindexed<WanMember>
}

export interface RemoveMemberCommand {
  readonly type: 'remove-member'
  readonly name: string
}

/** Replaces the state of the certificate authority, if it still is what the change was made from. */
export interface SetCaCommand {
  readonly type: 'set-ca'
  /** ModifyIndex of the signer row the change was made from; 0 when there was none. */
  readonly cas: number
  readonly roots: Unindexed<CaRootsRow>
  readonly config: Unindexed<CaConfiguration>
  readonly signer: Unindexed<CaSignerRow>
}

export type Command =
  | TenancyCommand
  | AgentCommand
  | RegisterCommand
  | DeregisterCommand
  | SetEntryCommand
  | DeleteEntryCommand
  | ReplaceEntriesCommand
  | IntentionCommand
  | PeeringCommand
  | ImportCommand
  | SetMemberCommand
  | RemoveMemberCommand
  | SetCaCommand
