// What a step of a session gives back: responses for Envoy and notes for people. Data only.

import type { Resource, ResourceType } from '../envoy/resource.ts'
import type { RefusalStatus } from './delta-request.ts'

/** One response to write; `nonce` is unique within the stream. */
export interface Outgoing {
  readonly type: ResourceType
  readonly nonce: string
  readonly upserts: readonly Resource[]
  readonly removals: readonly string[]
}

/** Something worth telling an operator. */
export type Note =
  | { readonly kind: 'ack'; readonly type: ResourceType; readonly nonce: string }
  | {
      readonly kind: 'nack'
      readonly type: ResourceType
      readonly nonce: string
      /** Resources Envoy named, or all of the response when it named none. */
      readonly names: readonly string[]
      readonly pinned: boolean
      readonly status: RefusalStatus
    }
  | { readonly kind: 'withheld'; readonly resource: Resource }

export interface StepResult {
  readonly send: readonly Outgoing[]
  readonly notes: readonly Note[]
}

/** A result in the making. */
export interface Output {
  readonly send: Outgoing[]
  readonly notes: Note[]
}
