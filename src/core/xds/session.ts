// The incremental xDS protocol of one stream as a pure state machine: events in, responses out. No bytes, sockets or clock.
// A session is changed in place (it is the one thing with a life here), but the same events always give the same responses.

import { type Resource, type ResourceSet, type ResourceType, resourceTypes } from '../envoy/resource.ts'
import { unreachable } from '../model/fault.ts'
import type { DeltaRequest } from './delta-request.ts'
import { diffResources } from './diff.ts'
import { dependsOn } from './order.ts'
import type { Output, StepResult } from './output.ts'
import { takeRequest } from './requests.ts'
import { sendWhatIsDue } from './sending.ts'
import { dropIfIdle, entryOf, markDirty, type Session, type TypeState } from './state.ts'

export type SessionEvent =
  | { readonly kind: 'request'; readonly request: DeltaRequest }
  | { readonly kind: 'resources'; readonly set: ResourceSet }
  | { readonly kind: 'close' }

/** Feeds one event to a session. The responses are to be written in the order given. */
export function step(session: Session, event: SessionEvent): StepResult {
  const output: Output = { send: [], notes: [] }
  if (session.closed) return output
  switch (event.kind) {
    case 'request':
      takeRequest(session, event.request, output)
      break
    case 'resources':
      takeResources(session, event.set)
      break
    case 'close':
      session.closed = true
      return output
    default:
      unreachable(event)
  }
  if (session.ready) sendWhatIsDue(session, output)
  return output
}

function takeResources(session: Session, set: ResourceSet): void {
  session.ready = true
  session.allowEmpty = set.allowEmpty
  const changed = resourceTypes.filter(type => takeType(session.types[type], set[type]))
  if (changed.length === 0) return
  for (const type of resourceTypes) giveAnotherTry(session.types[type], changed)
}

/** Brings the entries of a type up to date; true when anything differs. Costs nothing when it is the same array as last time. */
function takeType(state: TypeState, now: readonly Resource[]): boolean {
  const before = state.current
  if (before === now) return false
  state.current = now
  let changed = false
  diffResources(before, now, {
    changed(resource) {
      changed = true
      if (!state.registered) return
      const entry = entryOf(state, resource.name)
      entry.resource = resource
      markDirty(state, entry)
    },
    gone(name) {
      changed = true
      const entry = state.entries.get(name)
      if (entry === undefined) return
      entry.resource = undefined
      markDirty(state, entry)
      dropIfIdle(state, entry)
    },
  })
  return changed
}

/** Lifts refusals that a change elsewhere may have cured. */
function giveAnotherTry(state: TypeState, changed: readonly ResourceType[]): void {
  const worthIt =
    (state.vague && changed.includes(state.type)) || dependsOn[state.type].some(type => changed.includes(type))
  if (!worthIt) return
  state.vague = false
  for (const entry of state.dirty) entry.refused = undefined
}
