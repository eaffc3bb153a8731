// Facts that a client agent has its server find out: what other datacenters and peers say. Without a server the last ones hold.

import type { FactKinds } from '../../core/model/fact.ts'
import { Fault } from '../../core/model/fault.ts'
import { joinKey } from '../../core/model/tenancy.ts'
import type { Store } from '../../core/store/store.ts'
import { noMemory, type RemoteMemory } from '../keepers/remote-memory.ts'
import type { FactKeeper } from '../keepers/wants.ts'
import { pause } from '../pause.ts'
import { isRecord } from './is-record.ts'
import { AGENT_PATHS } from './protocol.ts'
import type { ServerLink } from './server-link.ts'
import { SHARED_FACTS, type SharedFactKind } from './shared-facts.ts'

export interface RemoteFactsDeps {
  readonly store: Store
  readonly link: ServerLink
  readonly memory: RemoteMemory
}

const RETRY_MS = 1_000

/** A keeper for each kind of fact that servers share. */
export function remoteFactKeepers(deps: RemoteFactsDeps): readonly FactKeeper[] {
  return SHARED_FACTS.map(kind => ({ kind, keep: (key, signal) => keep(deps, kind, key, signal) }))
}

async function keep(deps: RemoteFactsDeps, kind: SharedFactKind, key: string, signal: AbortSignal): Promise<void> {
  const name = joinKey(kind, key)
  // Peers say themselves how they are doing; what they said long ago is of no use.
  const memory = kind === 'peer-stream' ? noMemory : deps.memory
  let last = memory.recall(name)
  const set = (value: unknown) => {
    last = value
    // Made by a server of our own datacenter, by the same code as our own facts.
    deps.store.setFact(kind, key, value as FactKinds[SharedFactKind])
  }
  if (last !== undefined) set(stale(last, kind))
  let seen = 0
  while (!signal.aborted) {
    try {
      const answer = await ask(deps.link, { kind, key, seen }, signal)
      if (answer.serial !== 0 && answer.serial !== seen) {
        set(answer.value)
        memory.remember(name, answer.value)
      }
      seen = answer.serial
    } catch {
      if (signal.aborted) return
      seen = 0
      set(stale(last, kind))
      await pause(RETRY_MS, signal)
    }
  }
}

async function ask(
  link: ServerLink,
  { kind, key, seen }: { readonly kind: string; readonly key: string; readonly seen: number },
  signal: AbortSignal,
): Promise<{ readonly serial: number; readonly value: unknown }> {
  const query = new URLSearchParams({ kind, key, seen: String(seen) })
  const answer = await link.askNow({ method: 'GET', path: `${AGENT_PATHS.fact}?${query}`, signal })
  const text = answer.body.toString('utf8')
  if (answer.status !== 200) throw new Fault('unavailable', text)
  const body: unknown = JSON.parse(text)
  if (!isRecord(body) || typeof body.serial !== 'number') throw new Fault('invalid', 'the server sent no fact')
  return { serial: body.serial, value: body.value }
}

/** The same value, marked as the last one known where its kind can say so. */
function stale(value: unknown, kind: SharedFactKind): unknown {
  if (kind === 'peer-stream' || (isRecord(value) && value.fresh === false)) return value
  return { value: isRecord(value) ? value.value : undefined, fresh: false }
}
