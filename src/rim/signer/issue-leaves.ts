// Many leaves in one go, as after a rotation of roots, without keeping the event loop from anything else.

import { setImmediate as yieldToOthers } from 'node:timers/promises'
import type { IssuedLeaf, LeafRequest, Signer } from './signer.ts'

const SLICE_MS = 5

export interface IssueLeavesOptions {
  /** Milliseconds on any clock that does not go back. */
  readonly now?: () => number
  readonly signal?: AbortSignal
}

/** Issues one leaf per request, in order, letting everything else run after each few milliseconds of work. */
export async function* issueLeaves<R extends LeafRequest>(
  signer: Pick<Signer, 'issueLeaf'>,
  requests: Iterable<R>,
  options: IssueLeavesOptions = {},
): AsyncGenerator<{ readonly request: R; readonly leaf: IssuedLeaf }> {
  const { now = () => performance.now(), signal } = options
  let sliceEnd = now() + SLICE_MS
  for (const request of requests) {
    if (now() >= sliceEnd) {
      await yieldToOthers()
      sliceEnd = now() + SLICE_MS
    }
    signal?.throwIfAborted()
    yield { request, leaf: await signer.issueLeaf(request) }
  }
}
