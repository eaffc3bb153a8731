// Entries from a plain list of documents, for tests.

import { describeIssues } from '../../lib/schema.ts'
import type { NewEntry } from '../entries/define-entry.ts'
import { type ConfigEntry, decodeEntry } from '../entries/index.ts'
import type { EntryGraph, ServiceId } from './entries.ts'

type Kind = ConfigEntry['Kind']
type Stored = NewEntry<ConfigEntry>

/** One entry; the document must be valid. */
export function entry(kind: Kind, name: string, fields: object = {}): Stored {
  const decoded = decodeEntry({ Kind: kind, Name: name, ...fields })
  if (!decoded.ok) throw new Error(describeIssues(decoded.issues))
  return decoded.value
}

/** A graph over some entries. */
export function entryGraph(entries: readonly Stored[]): EntryGraph {
  const find =
    <K extends Kind>(kind: K) =>
    (id: ServiceId) =>
      entries.find((each): each is Extract<Stored, { Kind: K }> => each.Kind === kind && isNamed(each, id))
  const groups = (partition: string) =>
    entries.filter(each => each.Kind === 'sameness-group').filter(group => group.Partition === partition)
  const global = { Name: 'global', Namespace: 'default' }
  return {
    router: find('service-router'),
    splitter: find('service-splitter'),
    resolver: find('service-resolver'),
    serviceDefaults: find('service-defaults'),
    intentions: find('service-intentions'),
    proxyDefaults: partition => find('proxy-defaults')({ ...global, Partition: partition }),
    mesh: partition => find('mesh')({ ...global, Name: 'mesh', Partition: partition }),
    services: () => entries,
    isHidden: () => false,
    exportedServices: partition => find('exported-services')({ ...global, Name: partition, Partition: partition }),
    samenessGroup: (name, partition) =>
      find('sameness-group')({ Name: name, Namespace: 'default', Partition: partition }),
    samenessGroups: groups,
    defaultSamenessGroup: partition => groups(partition).find(group => group.DefaultForFailover),
  }
}

function isNamed(each: Stored, id: ServiceId): boolean {
  return each.Name === id.Name && each.Namespace === id.Namespace && each.Partition === id.Partition
}
