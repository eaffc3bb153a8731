// What client agents and servers say to each other, beside API requests that are passed on: paths, messages and times.

import type { CatalogNode } from '../../core/model/node.ts'
import type { Unindexed } from '../../core/model/row.ts'
import type { StoredRow } from '../../core/store/store.ts'
import { type Infer, int, map, object, required, string, withDefault } from '../../lib/schema.ts'

/** Paths that agents of the same datacenter call; they exist on the connection between agents and nowhere else. */
export const AGENT_PATHS = {
  /** Takes a lease and follows all changes, until the connection ends. */
  attach: '/rpc/agent/attach',
  /** Keeps the lease. */
  renew: '/rpc/agent/renew',
  /** An API request, passed on as the client got it. */
  api: '/rpc/agent/api',
  /** A fact that servers find out for all. */
  fact: '/rpc/agent/fact',
  signLeaf: '/rpc/agent/sign-leaf',
  leave: '/rpc/agent/leave',
} as const

/** Names the lease of whoever asks. */
export const LEASE_HEADER = 'x-isthmus-lease'

/** The revision of the server's state after it has carried out a request. */
export const REVISION_HEADER = 'x-isthmus-revision'

/** Answered for a lease that the server does not know: take a new one. */
export const UNKNOWN_LEASE = 410

/** An agent that is silent for so long is taken for dead. Longer than a reconnect takes; dead ones must be noticed in ten seconds. */
export const LEASE_MS = 8_000
export const RENEW_MS = 2_000

/** The longest line of a feed; a longer one is no message of ours. */
export const MAX_LINE_BYTES = 16 * 1024 * 1024

export const PROTOCOL_VERSION = 1

const text = withDefault(string(), '')

/** How an agent introduces itself. */
export const helloSchema = object({
  Protocol: required(int()),
  Datacenter: required(string()),
  Version: text,
  Node: required(
    object({
      ID: required(string()),
      Node: required(string()),
      Address: required(string()),
      Datacenter: text,
      Partition: required(string()),
      PeerName: text,
      TaggedAddresses: withDefault(map(string()), {}),
      Meta: withDefault(map(string()), {}),
    }),
  ),
  /** The history and revision up to which the agent has everything; '' and 0 when it has nothing. */
  History: text,
  Revision: withDefault(int({ min: 0 }), 0),
})

export type Hello = Infer<typeof helloSchema> & { readonly Node: Unindexed<CatalogNode> }

/** The first line of a feed: what the server gives the agent, and what it should know of the cluster. */
export interface Welcome {
  readonly lease: string
  readonly server: string
  readonly history: string
  /** How far the server's state goes now. */
  readonly revision: number
  readonly primaryDatacenter: string
  readonly defaultAllow: boolean
}

/** A row as it travels; the row is null when it is removed. */
export type WireWrite = readonly [table: string, key: string, row: object | null]

/**
 * The lines of a feed. `begin`, `rows`, `end`: a copy of everything, in place of what was known. `batch`: the next changes.
 */
export type FeedMessage =
  | { readonly welcome: Welcome }
  | { readonly begin: number }
  | { readonly rows: readonly WireWrite[] }
  | { readonly end: number }
  | { readonly batch: number; readonly writes: readonly WireWrite[] }

/** A line of a feed. */
export function feedLine(message: FeedMessage): Buffer {
  return Buffer.from(`${JSON.stringify(message)}\n`)
}

export function wireRow({ table, key, row }: StoredRow): WireWrite {
  return [table, key, row]
}
