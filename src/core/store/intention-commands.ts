// Commands of the intentions API: each changes one source of one service-intentions entry.

import type { ServiceId } from '../entries/references.ts'
import type { IntentionSource } from '../entries/service-intentions.ts'
import type { SourceIdentity } from '../entries/service-intentions-check.ts'

/** Writes one source, in place of one with the same identity. */
export interface SetIntentionCommand {
  readonly type: 'set-intention'
  readonly destination: ServiceId
  readonly source: IntentionSource
  /** Refuses to replace a source that is there already. */
  readonly isNew: boolean
  readonly datacenter: string
}

/** Rewrites the source that the deprecated API made under an id. */
export interface UpdateIntentionCommand {
  readonly type: 'update-intention'
  readonly id: string
  readonly partition: string
  readonly destination: ServiceId
  /** Its LegacyID and LegacyCreateTime are those of the source it replaces. */
  readonly source: IntentionSource
  readonly datacenter: string
}

/** Removes one source, and its entry with the last one. */
export interface DeleteIntentionCommand {
  readonly type: 'delete-intention'
  readonly destination: ServiceId
  readonly source: SourceIdentity
}

/** Removes the source that the deprecated API made under an id. */
export interface DeleteIntentionByIdCommand {
  readonly type: 'delete-intention-by-id'
  readonly id: string
  readonly partition: string
  readonly namespace: string
}

export type IntentionCommand =
  | SetIntentionCommand
  | UpdateIntentionCommand
  | DeleteIntentionCommand
  | DeleteIntentionByIdCommand
