// What commands of the intentions API do to the state: they edit the sources of service-intentions entries.

import type { Decoded } from '../../lib/schema.ts'
import { describeIssues } from '../../lib/schema.ts'
import { entryKey, type NewEntry } from '../entries/define-entry.ts'
import type { ServiceId } from '../entries/references.ts'
import type { IntentionSource, ServiceIntentions } from '../entries/service-intentions.ts'
import type { SourceIdentity } from '../entries/service-intentions-check.ts'
import { deleteSource, findSource, findSourceById, upsertSource } from '../intentions/edit.ts'
import { Fault } from '../model/fault.ts'
import type { Indexed, Unindexed } from '../model/row.ts'
import { ANY_NAMESPACE, DEFAULT_NAMESPACE, isInNamespace, joinKey, type Tenancy } from '../model/tenancy.ts'
import type { IntentionCommand, SetIntentionCommand, UpdateIntentionCommand } from './intention-commands.ts'
import { putEntry } from './reduce-entries.ts'
import { tenancyFault } from './reduce-tenancy.ts'
import { done, put, type Reduced, refuse, remove } from './reduced.ts'
import type { State } from './view.ts'

const NOT_FOUND = 'Intention not found'

export function reduceIntention(state: State, command: IntentionCommand): Reduced {
  switch (command.type) {
    case 'set-intention':
      return setIntention(state, command)
    case 'update-intention':
      return updateIntention(state, command)
    case 'delete-intention':
      return removeSource(state, command.destination, command.source)
    case 'delete-intention-by-id': {
      const found = findById(state, command.id, { Partition: command.partition, Namespace: command.namespace })
      return found === undefined ? done([]) : removeSource(state, found.entry, found.source)
    }
  }
}

/** The stored intentions of a destination. */
export function intentionsFor(state: State, destination: ServiceId): ServiceIntentions | undefined {
  const row = state.get('entries', keyOf(destination))
  return row?.Kind === 'service-intentions' ? row : undefined
}

/** The source that the deprecated API made under an id, with its entry, if it is about services of the namespace. */
export function findById(state: State, id: string, { Partition, Namespace }: Tenancy) {
  for (const entry of state.list('entries', 'kind', joinKey('service-intentions', Partition))) {
    if (entry.Namespace !== ANY_NAMESPACE && !isInNamespace(entry.Namespace, Namespace)) continue
    const source = entry.Kind === 'service-intentions' ? findSourceById(entry, id) : undefined
    if (entry.Kind === 'service-intentions' && source !== undefined) return { entry, source }
  }
  return undefined
}

function setIntention(state: State, { destination, source, isNew, datacenter }: SetIntentionCommand): Reduced {
  const wrong = unknownSource(state, destination, source)
  if (wrong !== undefined) return refuse(wrong)
  const entry = intentionsFor(state, destination)
  if (isNew && entry !== undefined && findSource(entry, source) !== undefined) {
    return refuse(
      new Fault('rejected', 'duplicate intention found: there is one for this source and destination already'),
    )
  }
  return write(state, upsertSource(withoutIndexes(entry), destination, source), datacenter)
}

function updateIntention(state: State, command: UpdateIntentionCommand): Reduced {
  const { id, destination, datacenter } = command
  const wrong = unknownSource(state, destination, command.source)
  if (wrong !== undefined) return refuse(wrong)
  const found = findById(state, id, { Partition: command.partition, Namespace: ANY_NAMESPACE })
  if (found === undefined) return refuse(new Fault('not-found', NOT_FOUND))
  if (keyOf(found.entry) !== keyOf(destination)) {
    return refuse(new Fault('rejected', 'cannot modify the destination of an intention: delete it and create another'))
  }
  const created = found.source.LegacyCreateTime
  const source = { ...command.source, LegacyID: id, ...(created === undefined ? {} : { LegacyCreateTime: created }) }
  const rest = found.entry.Sources.filter(each => each !== found.source)
  const entry = { ...withoutIndexes(found.entry), Sources: rest }
  if (findSource({ ...found.entry, Sources: rest }, source) !== undefined) {
    return refuse(
      new Fault('rejected', 'duplicate intention found: there is one for this source and destination already'),
    )
  }
  return write(state, upsertSource(entry, destination, source), datacenter)
}

/** The fault of a source in a partition or namespace that does not exist. */
function unknownSource(state: State, destination: ServiceId, source: IntentionSource): Fault | undefined {
  const { Partition = destination.Partition, Namespace = DEFAULT_NAMESPACE, Peer } = source
  if (Peer !== undefined) return undefined
  const fault = tenancyFault(state, Partition, Namespace === ANY_NAMESPACE ? DEFAULT_NAMESPACE : Namespace)
  return fault && new Fault('invalid', `Invalid source: ${fault.message}`)
}

function write(state: State, decoded: Decoded<NewEntry<ServiceIntentions>>, datacenter: string): Reduced {
  if (decoded.ok) return putEntry(state, decoded.value, datacenter)
  return refuse(new Fault('rejected', describeIssues(decoded.issues), { issues: decoded.issues }))
}

function removeSource(state: State, destination: ServiceId, source: SourceIdentity): Reduced {
  const removal = deleteSource(withoutIndexes(intentionsFor(state, destination)), source)
  switch (removal.outcome) {
    case 'absent':
      return done([])
    case 'entry-empty':
      return done(remove(state, 'entries', keyOf(destination)))
    case 'removed':
      return done(put(state, 'entries', keyOf(destination), removal.entry))
  }
}

function keyOf({ Name, Partition, Namespace }: ServiceId): string {
  return entryKey('service-intentions', Name, Partition, Namespace)
}

function withoutIndexes(entry: ServiceIntentions): Unindexed<ServiceIntentions>
function withoutIndexes(entry: ServiceIntentions | undefined): Unindexed<ServiceIntentions> | undefined
function withoutIndexes(entry: ServiceIntentions | undefined): Unindexed<ServiceIntentions> | undefined {
  if (entry === undefined) return undefined
  const { CreateIndex: _created, ModifyIndex: _modified, ...rest } = entry satisfies Indexed
  return rest
}
