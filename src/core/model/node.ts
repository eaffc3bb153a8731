// A node: a machine in the catalog, local or imported from a peer.

import type { Indexed } from './row.ts'
import { joinKey } from './tenancy.ts'

export interface CatalogNode extends Indexed {
  readonly ID: string
  readonly Node: string
  readonly Address: string
  readonly Datacenter: string
  readonly Partition: string
  readonly PeerName: string
  readonly TaggedAddresses: Readonly<Record<string, string>>
  readonly Meta: Readonly<Record<string, string>>
}

/** The table key of a node; names are compared without regard to case. */
export function nodeKey(node: Pick<CatalogNode, 'Partition' | 'PeerName' | 'Node'>): string {
  return joinKey(node.Partition, node.PeerName, node.Node.toLowerCase())
}
