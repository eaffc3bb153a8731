// What a request does to a session: registers a type, changes subscriptions, accepts or refuses the response it answers.

import type { DeltaRequest, RefusalStatus } from './delta-request.ts'
import { typeOfUrl } from './order.ts'
import type { Note, Output } from './output.ts'
import { namesIn } from './refusal.ts'
import {
  dropIfIdle,
  type Entry,
  entryOf,
  forget,
  forgetChildren,
  LOST,
  markDirty,
  type Outstanding,
  REMOVAL,
  type Session,
  type TypeState,
} from './state.ts'

/** Takes one request; requests for types we do not serve are ignored. */
export function takeRequest(session: Session, request: DeltaRequest, output: Output): void {
  const type = typeOfUrl(request.typeUrl)
  if (type === undefined) return
  const state = session.types[type]

  if (state.outstanding !== undefined && request.nonce === state.outstanding.nonce) {
    settle(state, state.outstanding, request.error, output)
  }
  if (!state.registered) register(session, state, request)
  else if (!state.wildcard) changeSubscriptions(session, state, request)
}

/** The first request of a type: says whether Envoy follows everything or names, and what it still holds from an earlier stream. */
function register(session: Session, state: TypeState, request: DeltaRequest): void {
  state.registered = true
  state.wildcard = request.subscribe.length === 0 || request.subscribe.includes('*')
  for (const resource of state.current) {
    const entry = entryOf(state, resource.name)
    entry.resource = resource
    markDirty(state, entry)
  }

  if (!state.wildcard) changeSubscriptions(session, state, request)
  for (const [name, version] of request.initialVersions) {
    const entry = entryOf(state, name)
    entry.held = state.lost?.has(name) ? LOST : sharedVersion(entry, version)
    if (!state.wildcard) entry.subscribed = true
    markDirty(state, entry)
  }
  state.lost = undefined
}

/** The resource's own string for an equal version, so that a thousand reconnected streams do not keep a thousand copies. */
function sharedVersion(entry: Entry, version: string): string {
  return entry.resource?.version === version ? entry.resource.version : version
}

/** Asking for a name always brings it again, even unchanged: Envoy asks when it has lost it. */
function changeSubscriptions(session: Session, state: TypeState, request: DeltaRequest): void {
  for (const name of request.unsubscribe) {
    const entry = state.entries.get(name)
    if (entry === undefined) continue
    entry.subscribed = false
    entry.held = undefined
    entry.flight = undefined
    state.dirty.delete(entry)
    dropIfIdle(state, entry)
  }
  for (const name of request.subscribe) {
    const entry = entryOf(state, name)
    entry.subscribed = true
    entry.refused = undefined
    forget(state, entry)
    if (entry.resource !== undefined) forgetChildren(session, entry.resource)
  }
}

function settle(state: TypeState, outstanding: Outstanding, error: RefusalStatus | undefined, output: Output): void {
  state.outstanding = undefined
  state.answered = true
  if (error === undefined) {
    for (const entry of outstanding.entries) accept(state, entry)
    output.notes.push({ kind: 'ack', type: state.type, nonce: outstanding.nonce })
  } else {
    output.notes.push(refuse(state, outstanding, error))
  }
}

function accept(state: TypeState, entry: Entry): void {
  if (entry.flight === undefined) return
  entry.held = entry.flight === REMOVAL ? undefined : entry.flight
  entry.flight = undefined
  dropIfIdle(state, entry)
}

/**
 * Envoy keeps its last good configuration. What it refused is not sent again until it changes; when the error names only some of
 * the response, the others are sent again without them. Every refusal puts at least one more version aside, so this ends.
 */
function refuse(state: TypeState, outstanding: Outstanding, status: RefusalStatus): Note {
  const names = outstanding.entries.map(entry => entry.name)
  const named = namesIn(status.message, names)
  const pinned = named.size > 0
  if (!pinned) state.vague = true
  for (const entry of outstanding.entries) {
    if (entry.flight !== undefined && (!pinned || named.has(entry.name))) entry.refused = entry.flight
    entry.flight = undefined
    markDirty(state, entry)
  }
  return {
    kind: 'nack',
    type: state.type,
    nonce: outstanding.nonce,
    names: pinned ? [...named] : names,
    pinned,
    status,
  }
}
