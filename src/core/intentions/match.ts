// Which intentions concern a destination or a source, and whether a source may connect.

import type { ServiceId } from '../entries/references.ts'
import type { ServiceIntentions } from '../entries/service-intentions.ts'
import type { ServiceName } from '../model/tenancy.ts'
import { expandGroups, type GroupLookup, isAboutGroup } from './expand-groups.ts'
import { type Intention, intentionsOf } from './intention.ts'
import { sortIntentions, sourcePartition } from './precedence.ts'

const WILDCARD = '*'

/** The intentions that concern calls to a service, in the order in which they win. */
export function matchDestination(
  lookup: (service: ServiceId) => ServiceIntentions | undefined,
  { Name, Namespace, Partition }: ServiceId,
): Intention[] {
  const names = [
    { Name, Namespace, Partition },
    { Name: WILDCARD, Namespace, Partition },
    { Name: WILDCARD, Namespace: WILDCARD, Partition },
  ]
  const distinct = names.filter((each, i) => names.findIndex(other => sameName(other, each)) === i)
  return sortIntentions(distinct.map(lookup).flatMap(entry => (entry === undefined ? [] : intentionsOf(entry))))
}

function sameName(a: ServiceId, b: ServiceId): boolean {
  return a.Name === b.Name && a.Namespace === b.Namespace
}

/** The intentions whose source is the given one, by its name, a wildcard or a group, in the order in which they win. */
export function matchSource(
  entries: Iterable<ServiceIntentions>,
  source: ServiceName,
  groupOf: GroupLookup,
): Intention[] {
  const found: Intention[] = []
  for (const entry of entries) {
    for (const intention of intentionsOf(entry)) {
      if (expandGroups([intention], groupOf).some(each => coversSource(each, source))) found.push(intention)
    }
  }
  return sortIntentions(found)
}

/**
 * True when an intention's source means this one. A wildcard name never means a peer's services unless the intention is about
 * peers: one by its name, or all of them (`*`).
 */
export function coversSource(intention: Intention, source: ServiceName): boolean {
  if (isAboutGroup(intention)) return false
  const peer = intention.SourcePeer ?? ''
  if (peer !== source.Peer && !(peer === WILDCARD && source.Peer !== '')) return false
  if (source.Peer === '' && sourcePartition(intention) !== source.Partition) return false
  return covers(intention.SourceNS, source.Namespace) && covers(intention.SourceName, source.Name)
}

function covers(pattern: string, name: string): boolean {
  return pattern === WILDCARD || pattern === name
}

/** What happens to calls no intention is about, and who said so. */
export interface DefaultDecision {
  readonly allow: boolean
  readonly from: 'intention policy' | 'acl'
}

export interface Decision {
  readonly allowed: boolean
  /** Consul's words, for the authorize API. */
  readonly reason: string
}

/**
 * Whether `source` may open connections, judged by the intentions of the destination in their order. The first that covers the
 * source decides; one with permissions about requests counts as a refusal, since there is no request to look at.
 */
export function decide(intentions: readonly Intention[], source: ServiceName, otherwise: DefaultDecision): Decision {
  const found = intentions.find(intention => coversSource(intention, source))
  if (found === undefined) {
    const reason = otherwise.from === 'acl' ? 'Default behavior configured by ACLs' : 'Default intention policy'
    return { allowed: otherwise.allow, reason }
  }
  if (found.Permissions !== undefined) return { allowed: false, reason: `Matched L7 intention: ${describe(found)}` }
  return { allowed: found.Action === 'allow', reason: `Matched L4 intention: ${describe(found)}` }
}

function describe(intention: Intention): string {
  const { Permissions: permissions, Action = 'deny' } = intention
  const rule = permissions === undefined ? `Action: ${Action.toUpperCase()}` : `Permissions: ${permissions.length}`
  const place = intention.SourcePeer === undefined ? '' : `peer:${intention.SourcePeer}/`
  const source = `${place}${intention.SourceNS}/${intention.SourceName}`
  const destination = `${intention.DestinationNS}/${intention.DestinationName}`
  const id = intention.ID === undefined ? '' : `ID: ${intention.ID}, `
  return `${source} => ${destination} (${id}Precedence: ${intention.Precedence}, ${rule})`
}
