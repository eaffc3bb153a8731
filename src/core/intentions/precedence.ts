// The order among intentions of several entries. How the number itself comes about: entries/intention-precedence.ts.

import { DEFAULT_PARTITION } from '../model/tenancy.ts'
import type { Intention } from './intention.ts'

/** Highest precedence first; ties by source, then by destination, so that the order never depends on how they were found. */
export function sortIntentions(intentions: readonly Intention[]): Intention[] {
  return intentions.toSorted(
    (a, b) => compare(sourceOrder(a), sourceOrder(b)) || compare(destinationOrder(a), destinationOrder(b)),
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

const WILDCARD = '*'

interface Ordered {
  readonly Precedence: number
  readonly SamenessGroup: string
  readonly Peer: string
  readonly Partition: string
  readonly Namespace: string
  readonly Name: string
}

/** Highest precedence first, then by where the source is and what it is called. */
function compare(a: Ordered, b: Ordered): number {
  return (
    b.Precedence - a.Precedence ||
    compareText(a.SamenessGroup, b.SamenessGroup) ||
    compareText(wildcardLast(a.Peer), wildcardLast(b.Peer)) ||
    compareText(a.Partition, b.Partition) ||
    compareText(a.Namespace, b.Namespace) ||
    compareText(a.Name, b.Name)
  )
}

/** What is said about one peer wins over what is said about all of them. No peer's name comes after a letter. */
function wildcardLast(peer: string): string {
  return peer === WILDCARD ? '~' : peer
}

function compareText(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
