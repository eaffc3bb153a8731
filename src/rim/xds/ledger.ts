// Who is connected, what each proxy has acknowledged and what it refused: the record that people look at. Decides nothing.

import type { ResourceType } from '../../core/envoy/resource.ts'
import type { Note, Outgoing } from '../../core/xds/output.ts'
import type { ProxyNode } from '../../core/xds/proxy-node.ts'

/** Where one type of one stream stands. Times are milliseconds since 1970. */
export interface TypeProgress {
  readonly sentNonce: string
  readonly sentAt: number
  readonly ackedNonce: string | undefined
  readonly ackedAt: number | undefined
}

type Writable<T> = { -readonly [K in keyof T]: T[K] }

/** The last refusal of one type. */
export interface Refusal {
  readonly type: ResourceType
  readonly nonce: string
  readonly names: readonly string[]
  readonly message: string
  readonly at: number
}

export interface StreamStatus {
  readonly node: ProxyNode
  readonly connectedAt: number
  /** `settled`: the proxy has acknowledged everything it should hold. */
  readonly state: 'waiting' | 'pending' | 'settled'
  /** What is not known yet, in state `waiting`. */
  readonly waitingFor: readonly string[]
  readonly types: Readonly<Partial<Record<ResourceType, TypeProgress>>>
  /** The last refusal of each type, until all is settled. */
  readonly refusals: readonly Refusal[]
}

export interface XdsStats {
  readonly streams: readonly StreamStatus[]
  /** Since the start, over all streams. */
  readonly responses: number
  readonly bytes: number
  readonly acks: number
  readonly nacks: number
}

/** Longest part of an error of Envoy's that is kept. */
const keptError = 2048

/** The progress of one stream. */
export class StreamLedger {
  readonly #types: Partial<Record<ResourceType, Writable<TypeProgress>>> = {}
  readonly #refusals: Partial<Record<ResourceType, Refusal>> = {}

  get types(): Readonly<Partial<Record<ResourceType, TypeProgress>>> {
    return structuredClone(this.#types)
  }

  get refusals(): readonly Refusal[] {
    return Object.values(this.#refusals)
  }

  sent({ type, nonce }: Outgoing, at: number): void {
    const progress = this.#types[type]
    if (progress === undefined) {
      this.#types[type] = { sentNonce: nonce, sentAt: at, ackedNonce: undefined, ackedAt: undefined }
      return
    }
    progress.sentNonce = nonce
    progress.sentAt = at
  }

  acked({ type, nonce }: Note & { kind: 'ack' }, at: number): void {
    const progress = this.#types[type]
    if (progress === undefined) return
    progress.ackedNonce = nonce
    progress.ackedAt = at
  }

  /** Records a refusal; false when the last one of the type said the same. */
  refused({ type, nonce, names, status }: Note & { kind: 'nack' }, at: number): boolean {
    const last = this.#refusals[type]
    const message = status.message.slice(0, keptError)
    this.#refusals[type] = { type, nonce, names, message, at }
    return last === undefined || last.message !== message || last.names.join() !== names.join()
  }
}
