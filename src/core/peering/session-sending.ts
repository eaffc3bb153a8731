// What a session sends: each resource the peer subscribed to, in its newest version, as long as the peer keeps up. States in between
// are skipped.

import type { Session, Step } from './session.ts'
import { RESOURCE_URLS, type ResourceKind, UPSERT } from './wire/peerstream.ts'

/** A resource as it is now; without bytes it is not exported any more. */
export interface Outgoing {
  readonly kind: ResourceKind
  readonly id: string
  readonly bytes: Uint8Array | undefined
}

/** Frames written at one go, before others get a turn. */
const BURST = 64

/** Nonces remembered, to say what the peer refused. */
const REMEMBERED = 4_096

/** Takes note of a resource that has changed. */
export function takeResource(session: Session, resource: Outgoing): void {
  const key = resourceKey(resource)
  if (resource.bytes === undefined) {
    session.current.delete(key)
    session.due.delete(key)
    session.refused.delete(key)
    return
  }
  session.current.set(key, resource)
  if (session.subscribed.has(resource.kind)) session.due.add(key)
}

/** Writes what is due. Once a full burst is written, the rest waits until it has left. */
export function sendDue(session: Session, out: Step): void {
  if (!session.writable) return
  for (const kind of ['bundle', 'addresses', 'list', 'service'] as const) {
    for (const key of session.due) {
      if (!session.writable) return
      const resource = session.current.get(key)
      if (resource?.kind !== kind || resource.bytes === undefined) continue
      session.due.delete(key)
      out.send.push({ response: response(session, key, resource, resource.bytes) })
      if (out.send.length >= BURST) session.writable = false
    }
  }
}

function response(session: Session, key: string, { kind, id }: Outgoing, value: Uint8Array) {
  session.nonce += 1
  const nonce = session.nonce.toString(16).padStart(8, '0')
  session.sent.set(nonce, key)
  if (session.sent.size > REMEMBERED) session.sent.delete(session.sent.keys().next().value!)
  const typeUrl = RESOURCE_URLS[kind]
  return { Nonce: nonce, ResourceURL: typeUrl, ResourceID: id, Resource: { typeUrl, value }, operation: UPSERT }
}

/** How a resource is called in what a session says of it. */
export function resourceKey({ kind, id }: Pick<Outgoing, 'kind' | 'id'>): string {
  return `${kind} ${id}`
}
