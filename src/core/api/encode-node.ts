// The JSON of a node.

import type { CatalogNode } from '../model/node.ts'
import type { Tenancy } from '../model/tenancy.ts'

/** A node as the catalog and the health API show it. */
export function encodeNode(node: CatalogNode, showsTenancy: boolean) {
  return {
    ID: node.ID,
    Node: node.Node,
    Address: node.Address,
    Datacenter: node.Datacenter,
    ...(showsTenancy ? { Partition: node.Partition } : undefined),
    PeerName: node.PeerName === '' ? undefined : node.PeerName,
    TaggedAddresses: nullIfEmpty(node.TaggedAddresses),
    Meta: nullIfEmpty(node.Meta),
    CreateIndex: node.CreateIndex,
    ModifyIndex: node.ModifyIndex,
  }
}

/** Go's nil map: an empty map that was never made is shown as null. */
export function nullIfEmpty<T>(record: Readonly<Record<string, T>>): Readonly<Record<string, T>> | null {
  for (const _ in record) return record
  return null
}

/** The tenancy keys of a namespaced thing, for those who asked for them. */
export function tenancyKeys(of: Tenancy, showsTenancy: boolean): Partial<Tenancy> | undefined {
  return showsTenancy ? { Namespace: of.Namespace, Partition: of.Partition } : undefined
}
