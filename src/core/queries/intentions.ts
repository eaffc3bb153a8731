// What the intentions API asks: all of them, one, those that concern a service, and whether a call is allowed.

import { entryKey } from '../entries/define-entry.ts'
import type { ServiceId } from '../entries/references.ts'
import type { ServiceIntentions } from '../entries/service-intentions.ts'
import type { SourceIdentity } from '../entries/service-intentions-check.ts'
import { findSource } from '../intentions/edit.ts'
import { expandGroups, type GroupLookup } from '../intentions/expand-groups.ts'
import { type Intention, intentionsOf, toIntention } from '../intentions/intention.ts'
import { type Decision, decide, matchDestination, matchSource } from '../intentions/match.ts'
import { sortIntentions } from '../intentions/precedence.ts'
import { isInNamespace, joinKey, type ServiceName, serviceKey, type Tenancy } from '../model/tenancy.ts'
import { findById } from '../store/reduce-intentions.ts'
import { defineQuery, type State } from '../store/view.ts'
import { samenessGroupOf } from './config-entry.ts'

/** All intentions about services of a namespace, those that win first. What is said about all namespaces is said about each. */
export const allIntentions = defineQuery<Tenancy, readonly Intention[]>({
  name: 'all-intentions',
  key: arg => joinKey(arg.Partition, arg.Namespace),
  run(view, { Partition, Namespace }) {
    const entries = entriesIn(view, Partition)
    const asked = entries.filter(entry => entry.Namespace === '*' || isInNamespace(entry.Namespace, Namespace))
    return sortIntentions(asked.flatMap(intentionsOf))
  },
})

export interface ExactArg {
  readonly destination: ServiceId
  readonly source: SourceIdentity
}

/** The intention from one source to one destination. */
export const exactIntention = defineQuery<ExactArg, Intention | undefined>({
  name: 'exact-intention',
  key: arg => JSON.stringify(arg),
  run(view, { destination, source }) {
    const entry = entryFor(view, destination)
    const found = entry && findSource(entry, source)
    return entry && found && toIntention(entry, found)
  },
})

export interface IdArg extends Tenancy {
  readonly id: string
}

/** The intention that the deprecated API made under an id. */
export const intentionById = defineQuery<IdArg, Intention | undefined>({
  name: 'intention-by-id',
  key: arg => joinKey(arg.Partition, arg.Namespace, arg.id),
  run(view, arg) {
    const found = findById(view, arg.id, arg)
    return found && toIntention(found.entry, found.source)
  },
})

export interface MatchArg {
  readonly by: 'source' | 'destination'
  readonly names: readonly ServiceId[]
}

/** For each name, in order, the intentions that concern it. */
export const matchingIntentions = defineQuery<MatchArg, readonly (readonly Intention[])[]>({
  name: 'matching-intentions',
  key: arg => JSON.stringify(arg),
  run: (view, { by, names }) =>
    names.map(name =>
      by === 'destination'
        ? matchDestination(service => entryFor(view, service), name)
        : matchSource(entriesIn(view, name.Partition), { ...name, Peer: '' }, groupsOf(view)),
    ),
})

export interface CallArg {
  readonly source: ServiceName
  readonly destination: ServiceId
}

/** Whether a source may open connections to a destination, and why. */
export const callDecision = defineQuery<CallArg, Decision>({
  name: 'call-decision',
  key: arg => joinKey(serviceKey(arg.source), serviceKey({ ...arg.destination, Peer: '' })),
  run(view, { source, destination }) {
    const intentions = matchDestination(service => entryFor(view, service), destination)
    return decide(expandGroups(intentions, groupsOf(view)), source, { allow: view.self.defaultAllow, from: 'acl' })
  },
})

function groupsOf(state: State): GroupLookup {
  return (name, partition) => samenessGroupOf(state, name, partition)
}

function entriesIn(state: State, partition: string): readonly ServiceIntentions[] {
  const entries = state.list('entries', 'kind', joinKey('service-intentions', partition))
  return entries.filter(entry => entry.Kind === 'service-intentions')
}

function entryFor(state: State, service: ServiceId): ServiceIntentions | undefined {
  const entry = state.get('entries', entryKey('service-intentions', service.Name, service.Partition, service.Namespace))
  return entry?.Kind === 'service-intentions' ? entry : undefined
}
