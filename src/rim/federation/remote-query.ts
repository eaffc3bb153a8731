// Follows one question to another datacenter: asks again whenever the answer may have changed, keeps the last one meanwhile.

import { Fault } from '../../core/model/fault.ts'
import type { Store } from '../../core/store/store.ts'
import type { Logger } from '../logger.ts'
import { pause } from '../pause.ts'
import { endpointsOf } from './membership.ts'
import type { RpcAnswer } from './rpc.ts'
import type { RpcCall, RpcClient } from './rpc-client.ts'

export interface RemoteDeps {
  readonly store: Store
  readonly client: RpcClient
  readonly logger: Logger
}

/**
 * Asks the servers of a datacenter in turn until one answers. Throws Fault('unavailable') with Consul's texts for a datacenter
 * nobody knows and for one whose servers cannot be reached.
 */
export async function callDatacenter(deps: RemoteDeps, datacenter: string, call: RpcCall): Promise<RpcAnswer> {
  const endpoints = endpointsOf(deps.store, datacenter)
  if (endpoints.length === 0) throw new Fault('rejected', 'No path to datacenter')
  for (const endpoint of endpoints) {
    try {
      return await deps.client.call(endpoint, call)
    } catch (error) {
      if (call.signal.aborted || !(error instanceof Fault) || error.code !== 'unavailable') throw error
    }
  }
  throw new Fault('rejected', 'Remote DC has no server currently reachable')
}

export interface Followed {
  readonly datacenter: string
  readonly path: string
  /** Called with every new answer. */
  onAnswer(value: unknown): void | Promise<void>
  /** Called when the datacenter stops answering; the last answer still holds. */
  onStale(): void
}

const WAIT = '60s'
const RETRY_MS = 1_000

/** Follows until the signal aborts. Never throws. */
export async function followRemote(deps: RemoteDeps, followed: Followed, signal: AbortSignal): Promise<void> {
  let index = '0'
  let reachable = true
  while (!signal.aborted) {
    try {
      const separator = followed.path.includes('?') ? '&' : '?'
      const path = `${followed.path}${separator}index=${reachable ? index : '0'}&wait=${WAIT}`
      const answer = await callDatacenter(deps, followed.datacenter, { method: 'GET', path, signal })
      if (answer.status !== 200) throw new Fault('unavailable', answer.body.toString('utf8'))
      const next = answer.headers['x-consul-index'] ?? '0'
      if (next !== index || !reachable) await followed.onAnswer(JSON.parse(answer.body.toString('utf8')))
      if (!reachable) deps.logger.info('a datacenter answers again', { datacenter: followed.datacenter })
      index = next
      reachable = true
    } catch (error) {
      if (signal.aborted) return
      if (reachable) deps.logger.debug('cannot ask another datacenter', { datacenter: followed.datacenter, error })
      if (reachable) followed.onStale()
      reachable = false
      await pause(RETRY_MS, signal)
    }
  }
}
