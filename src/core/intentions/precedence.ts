// The order among intentions of several entries. How the number itself comes about: entries/intention-precedence.ts.

import { compareSources } from '../entries/intention-precedence.ts'
import { DEFAULT_PARTITION } from '../model/tenancy.ts'
import type { Intention } from './intention.ts'

/** Highest precedence first; ties by source, then by destination, so that the order never depends on how they were found. */
export function sortIntentions(intentions: readonly Intention[]): Intention[] {
  return intentions.toSorted(
    (a, b) =>
      compareSources(sourceOrder(a), sourceOrder(b)) || compareSources(destinationOrder(a), destinationOrder(b)),
  )
}

function sourceOrder(intention: Intention) {
  return {
    Precedence: intention.Precedence,
    SamenessGroup: intention.SourceSamenessGroup ?? '',
    Peer: intention.SourcePeer ?? '',
    Partition: sourcePartition(intention),
    Namespace: intention.SourceNS,
    Name: intention.SourceName,
  }
}

function destinationOrder(intention: Intention) {
  return {
    Precedence: 0,
    SamenessGroup: '',
    Peer: '',
    Partition: intention.DestinationPartition ?? DEFAULT_PARTITION,
    Namespace: intention.DestinationNS,
    Name: intention.DestinationName,
  }
}

/** The partition of this cluster a source is in; '' for a peer's. */
export function sourcePartition(intention: Intention): string {
  return intention.SourcePeer === undefined ? (intention.SourcePartition ?? DEFAULT_PARTITION) : ''
}
