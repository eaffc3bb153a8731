// An intention by itself, in the JSON of the intentions API: one source of one service-intentions entry.

import type {
  IntentionAction,
  IntentionJwt,
  IntentionPermission,
  IntentionSource,
  ServiceIntentions,
} from '../entries/service-intentions.ts'
import type { Indexed } from '../model/row.ts'
import { DEFAULT_NAMESPACE, DEFAULT_PARTITION } from '../model/tenancy.ts'

export interface Intention extends Indexed {
  /** Only intentions made by the deprecated API have one. */
  readonly ID?: string
  readonly Description?: string
  readonly SourceNS: string
  readonly SourceName: string
  readonly DestinationNS: string
  readonly DestinationName: string
  /** Absent in the default partition, for a peer's service, and for those of a sameness group. */
  readonly SourcePartition?: string
  readonly DestinationPartition?: string
  readonly SourcePeer?: string
  readonly SourceSamenessGroup?: string
  readonly SourceType: 'consul'
  /** Absent when `Permissions` decide. */
  readonly Action?: IntentionAction
  readonly Permissions?: readonly IntentionPermission[]
  readonly JWT?: IntentionJwt
  readonly Meta?: Readonly<Record<string, string>>
  readonly Precedence: number
  /** Only intentions made by the deprecated API have times. */
  readonly CreatedAt?: string
  readonly UpdatedAt?: string
}

/** The intentions of an entry, in the order in which they win. */
export function intentionsOf(entry: ServiceIntentions): Intention[] {
  return entry.Sources.map(source => toIntention(entry, source))
}

/** One source of an entry as the API shows it. Metadata is the entry's, unless the deprecated API gave the source its own. */
export function toIntention(entry: ServiceIntentions, source: IntentionSource): Intention {
  const meta = source.LegacyID === undefined ? entry.Meta : source.LegacyMeta
  const isHere = source.Peer === undefined && source.SamenessGroup === undefined
  const partition = isHere ? (source.Partition ?? entry.Partition) : DEFAULT_PARTITION
  return {
    ...(source.LegacyID === undefined ? {} : { ID: source.LegacyID }),
    ...(source.Description === undefined ? {} : { Description: source.Description }),
    SourceNS: source.Namespace ?? DEFAULT_NAMESPACE,
    SourceName: source.Name,
    DestinationNS: entry.Namespace,
    DestinationName: entry.Name,
    ...(partition === DEFAULT_PARTITION ? {} : { SourcePartition: partition }),
    ...(entry.Partition === DEFAULT_PARTITION ? {} : { DestinationPartition: entry.Partition }),
    ...(source.Peer === undefined ? {} : { SourcePeer: source.Peer }),
    ...(source.SamenessGroup === undefined ? {} : { SourceSamenessGroup: source.SamenessGroup }),
    SourceType: 'consul',
    ...(source.Action === undefined ? {} : { Action: source.Action }),
    ...(source.Permissions === undefined ? {} : { Permissions: source.Permissions }),
    ...(entry.JWT === undefined ? {} : { JWT: entry.JWT }),
    ...(meta === undefined ? {} : { Meta: meta }),
    Precedence: source.Precedence,
    ...(source.LegacyCreateTime === undefined ? {} : { CreatedAt: source.LegacyCreateTime }),
    ...(source.LegacyUpdateTime === undefined ? {} : { UpdatedAt: source.LegacyUpdateTime }),
    CreateIndex: entry.CreateIndex,
    ModifyIndex: entry.ModifyIndex,
  }
}
