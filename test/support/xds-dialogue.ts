// Speaks to a session the way Envoy does, in short words, for tests that read as a dialogue.

import { type ResourceSet, type ResourceType, typeUrls } from '../../src/core/envoy/resource.ts'
import type { DeltaRequest } from '../../src/core/xds/delta-request.ts'
import type { Note, Outgoing } from '../../src/core/xds/output.ts'
import { type SessionEvent, step } from '../../src/core/xds/session.ts'
import { createSession, isSettled } from '../../src/core/xds/state.ts'

interface Question {
  readonly subscribe?: readonly string[]
  readonly unsubscribe?: readonly string[]
  readonly has?: Readonly<Record<string, string>>
}

/** The request Envoy would send of its own accord. */
export function request(type: ResourceType, question: Question = {}): DeltaRequest {
  const { subscribe = [], unsubscribe = [], has = {} } = question
  return { typeUrl: typeUrls[type], subscribe, unsubscribe, initialVersions: new Map(Object.entries(has)), nonce: '' }
}

/** A session, and what was said last. Each method returns the responses in the form `cluster 00000001 +a +b -c`. */
export class Dialogue {
  readonly session = createSession()
  readonly notes: Note[] = []
  /** The responses of the last step. */
  sent: readonly Outgoing[] = []

  asks(type: ResourceType, question: Question = {}): string[] {
    return this.says({ kind: 'request', request: request(type, question) })
  }

  acks(type: ResourceType, nonce: string): string[] {
    return this.says({ kind: 'request', request: { ...request(type), nonce } })
  }

  nacks(type: ResourceType, nonce: string, message: string): string[] {
    return this.says({ kind: 'request', request: { ...request(type), nonce, error: { code: 13, message } } })
  }

  shouldHold(set: ResourceSet): string[] {
    return this.says({ kind: 'resources', set })
  }

  says(event: SessionEvent): string[] {
    const { send, notes } = step(this.session, event)
    this.sent = send
    this.notes.push(...notes)
    return send.map(spell)
  }

  /** Acknowledges everything until nothing more comes; returns all responses that came. */
  acksAll(): string[] {
    const all: string[] = []
    let queue = this.sent
    while (queue.length > 0) {
      const [next, ...rest] = queue
      all.push(...this.acks(next!.type, next!.nonce))
      queue = [...rest, ...this.sent]
    }
    return all
  }

  get settled(): boolean {
    return isSettled(this.session)
  }
}

function spell(response: Outgoing): string {
  const names = [...response.upserts.map(resource => `+${resource.name}`), ...response.removals.map(name => `-${name}`)]
  return [response.type, response.nonce, ...names].join(' ')
}
