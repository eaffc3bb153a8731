// Which responses are due, in which order, and what waits for which answer.

import type { Resource, ResourceType } from '../envoy/resource.ts'
import { addFirst, moveTraffic, mustSettle, removeLast } from './order.ts'
import type { Output } from './output.ts'
import {
  dropIfIdle,
  type Entry,
  forgetChildren,
  goal,
  isKnown,
  LOST,
  REMOVAL,
  type Session,
  type TypeState,
} from './state.ts'

interface Portion {
  readonly upserts: boolean
  readonly removals: boolean
}

interface Selection extends Portion {
  /** Whether a valid, changed resource may go now. */
  readonly isDue: (entry: Entry) => boolean
}

const always = () => true

const additions: Portion = { upserts: true, removals: false }
const removals: Portion = { upserts: false, removals: true }
const everything: Portion = { upserts: true, removals: true }

/** One attempt at the whole sequence. Whatever cannot go now goes at a later event. */
export function sendWhatIsDue(session: Session, output: Output): void {
  for (const type of addFirst) send(session, type, additions, output)
  if (mustSettle.some(type => session.types[type].outstanding !== undefined)) return

  for (const type of moveTraffic) send(session, type, everything, output)
  if (moveTraffic.some(type => mayUseOldClusters(session.types[type]))) return

  for (const type of removeLast) send(session, type, removals, output)
}

/** While a listener or route is unanswered, refused or withheld, Envoy may run its predecessor, which needs what it always needed. */
function mayUseOldClusters(state: TypeState): boolean {
  if (state.outstanding !== undefined) return true
  for (const entry of state.dirty) if (entry.held !== undefined) return true
  return false
}

function send(session: Session, type: ResourceType, portion: Portion, output: Output): void {
  const state = session.types[type]
  if (!state.registered || state.outstanding !== undefined) return
  const mayBeEmpty = session.allowEmpty.has(type)
  if (state.current.length === 0 && !mayBeEmpty) return

  const isDue = type === 'cluster' ? (entry: Entry) => !losesEndpoints(session, entry) : always
  const entries = state.dirty.size === 0 ? [] : takeDue(state, { ...portion, isDue }, output)
  const mustSaySo = mayBeEmpty && !state.answered && state.current.length === 0 && portion.upserts
  if (entries.length === 0 && !mustSaySo) return

  session.nonce++
  const nonce = session.nonce.toString(16).padStart(8, '0')
  const upserts: Resource[] = []
  const removals: string[] = []
  for (const entry of entries) {
    entry.flight = goal(entry)
    if (entry.resource === undefined) removals.push(entry.name)
    else upserts.push(entry.resource)
  }
  state.outstanding = { nonce, entries }
  for (const resource of upserts) forgetChildren(session, resource)
  output.send.push({ type, nonce, upserts, removals })
}

/**
 * True for an update of a cluster whose endpoints are not known, as after a restart while another datacenter is out of reach:
 * Envoy would wait for them and then run the cluster without any, in place of the old one with the old endpoints.
 */
function losesEndpoints(session: Session, { held, resource }: Entry): boolean {
  if (held === undefined || held === LOST || resource === undefined) return false
  return resource.children.some(name => !isKnown(session.types.endpoints, name))
}

/** Takes what is to be sent out of the dirty set, and what turns out to need nothing. */
function takeDue(state: TypeState, selection: Selection, output: Output): Entry[] {
  const due: Entry[] = []
  for (const entry of state.dirty) {
    const verdict = judge(entry, selection, output)
    if (verdict === 'later') continue
    state.dirty.delete(entry)
    if (verdict === 'now') due.push(entry)
    else dropIfIdle(state, entry)
  }
  return due
}

function judge(entry: Entry, selection: Selection, output: Output): 'now' | 'later' | 'never' {
  const { resource } = entry
  if (resource === undefined) {
    if (entry.held === undefined) return 'never'
    return selection.removals && entry.refused !== REMOVAL ? 'now' : 'later'
  }
  if (resource.version === entry.held) return 'never'
  if (!selection.upserts || entry.refused === resource.version) return 'later'
  if (resource.issues.length === 0) return selection.isDue(entry) ? 'now' : 'later'

  entry.refused = resource.version
  output.notes.push({ kind: 'withheld', resource })
  return 'later'
}
