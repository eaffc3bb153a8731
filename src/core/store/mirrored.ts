// Which tables servers share with client agents. A client answers from a copy of them; what is a secret of servers stays with them.

import type { TableName } from './tables.ts'

type ReplicatedTable = Exclude<TableName, 'localServices' | 'localChecks'>

/** A table that is added has to be decided upon here. */
const IS_MIRRORED: Readonly<Record<ReplicatedTable, boolean>> = {
  nodes: true,
  services: true,
  checks: true,
  entries: true,
  partitions: true,
  namespaces: true,
  peerings: true,
  peerTrustBundles: true,
  peeringSecrets: false,
  members: true,
  agents: true,
  caRoots: true,
  caConfig: true,
  caSigner: false,
}

/** Every table that a client agent has a copy of. */
// Object.keys loses the key type of a literal.
export const MIRRORED_TABLES = (Object.keys(IS_MIRRORED) as ReplicatedTable[]).filter(name => IS_MIRRORED[name])

const NAMES: ReadonlySet<string> = new Set(MIRRORED_TABLES)

/** Whether rows of a table of this name may be told to client agents, and taken by them. */
export function isMirrored(table: string): table is TableName {
  return NAMES.has(table)
}
