// What one stream remembers, per type and per name. Small on purpose: there are thousands of streams. The rules are in session.ts.

import { perType, type Resource, type ResourceType, resourceTypes } from '../envoy/resource.ts'
import { childOf } from './order.ts'

/** Stands for "gone" where a version is expected; no version is spelled so. */
export const REMOVAL = '-'
/** A version Envoy holds no more, or should not be trusted to hold: whatever we have must be sent again. */
export const LOST = ''

/** One name of one type. Versions are strings shared with the resources. */
export interface Entry {
  readonly name: string
  /** What the proxy should hold now; undefined when it should not exist, or is not ours to give. */
  resource: Resource | undefined
  /** The version Envoy acknowledged, LOST, or undefined when it holds nothing of that name. */
  held: string | undefined
  /** The version (or REMOVAL) in the response not yet answered. */
  flight: string | undefined
  /** A version (or REMOVAL) Envoy refused, or that we withhold; not sent again until something changes. */
  refused: string | undefined
  /** Asked for by name. */
  subscribed: boolean
}

/** A response not yet answered. A type has at most one. */
export interface Outstanding {
  readonly nonce: string
  readonly entries: readonly Entry[]
}

export interface TypeState {
  readonly type: ResourceType
  /** Envoy has sent at least one request for this type; before that nothing is sent. */
  registered: boolean
  /** Envoy follows all resources of the type rather than names. */
  wildcard: boolean
  /** Some response has been answered, so an empty one says nothing new. */
  answered: boolean
  /** The last refusal could not be pinned to names, so any change of the type is worth another try. */
  vague: boolean
  /** What the entries were last brought up to. */
  current: readonly Resource[]
  readonly entries: Map<string, Entry>
  /** Entries whose resource may differ from what Envoy holds; refused ones stay in here. */
  readonly dirty: Set<Entry>
  outstanding: Outstanding | undefined
  /** Names whose parent was sent before Envoy asked for this type: what it says to hold of them is void. */
  lost: Set<string> | undefined
}

/** One delta stream. Changed only by `step`. */
export interface Session {
  /** The first resource set has arrived. */
  ready: boolean
  closed: boolean
  nonce: number
  allowEmpty: ReadonlySet<ResourceType>
  readonly types: Readonly<Record<ResourceType, TypeState>>
}

const nothing: readonly Resource[] = []
const none: ReadonlySet<ResourceType> = new Set()

/** A stream that has just been opened. */
export function createSession(): Session {
  return { ready: false, closed: false, nonce: 0, allowEmpty: none, types: perType(createType) }
}

function createType(type: ResourceType): TypeState {
  return {
    type,
    registered: false,
    wildcard: false,
    answered: false,
    vague: false,
    current: nothing,
    entries: new Map(),
    dirty: new Set(),
    outstanding: undefined,
    lost: undefined,
  }
}

/** The entry of a name, made on first need. */
export function entryOf(state: TypeState, name: string): Entry {
  const known = state.entries.get(name)
  if (known !== undefined) return known
  const entry: Entry = {
    name,
    resource: undefined,
    held: undefined,
    flight: undefined,
    refused: undefined,
    subscribed: false,
  }
  state.entries.set(name, entry)
  return entry
}

/** Drops an entry nobody needs any more. */
export function dropIfIdle(state: TypeState, entry: Entry): void {
  const needed =
    entry.resource !== undefined || entry.held !== undefined || entry.flight !== undefined || entry.subscribed
  if (needed) return
  state.entries.delete(entry.name)
  state.dirty.delete(entry)
}

/** Notes that an entry may need sending. By name Envoy is told of changes only, never that a resource is gone. */
export function markDirty(state: TypeState, entry: Entry): void {
  if (state.wildcard || (entry.subscribed && entry.resource !== undefined)) state.dirty.add(entry)
  else state.dirty.delete(entry)
}

/** The version Envoy should come to hold; REMOVAL when it should hold none. */
export function goal(entry: Entry): string {
  return entry.resource === undefined ? REMOVAL : entry.resource.version
}

/** Whether there is a resource of that name to give. */
export function isKnown(state: TypeState, name: string): boolean {
  if (state.registered) return state.entries.get(name)?.resource !== undefined
  return state.current.some(resource => resource.name === name)
}

/** Whether Envoy has acknowledged everything it should hold. Unasked types and refused resources count as not settled. */
export function isSettled(session: Session): boolean {
  return (
    session.ready &&
    resourceTypes.every(type => {
      const state = session.types[type]
      return state.outstanding === undefined && state.dirty.size === 0
    })
  )
}

/** From here on Envoy counts as holding nothing usable of the name, whatever it still acknowledges. */
export function forget(state: TypeState, entry: Entry): void {
  entry.held = entry.held === undefined && entry.flight === undefined ? undefined : LOST
  entry.flight = undefined
  markDirty(state, entry)
}

/** Forgets what Envoy drops when it is given `parent`. */
export function forgetChildren(session: Session, parent: Resource): void {
  const childType = childOf[parent.type]
  if (childType === undefined) return
  const state = session.types[childType]
  for (const name of parent.children) {
    if (!state.registered) (state.lost ??= new Set()).add(name)
    const entry = state.entries.get(name)
    if (entry !== undefined && (entry.held !== undefined || entry.flight !== undefined)) forget(state, entry)
  }
}
