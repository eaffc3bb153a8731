// Runs the checks registered with this agent, records what they find, and deregisters what stays critical for too long.

import { deregisterService, setCheckStatus } from '../../core/local/register.ts'
import type { Status } from '../../core/model/check.ts'
import { type LocalCheck, localCheckKey, type Origin } from '../../core/model/local.ts'
import { aliasStatus } from '../../core/queries/alias-status.ts'
import { done } from '../../core/store/reduced.ts'
import type { Store } from '../../core/store/store.ts'
import { parseDuration } from '../../lib/duration.ts'
import { type CheckClock, startCheck, startTtlCheck } from '../checks/start-check.ts'
import type { TtlCheck } from '../checks/ttl-check.ts'
import type { Committer } from '../engine/committer.ts'
import type { Logger } from '../logger.ts'

export interface HealthChecksDeps {
  readonly store: Store
  readonly local: Committer
  readonly clock: CheckClock
  readonly logger: Logger
  readonly now: () => number
  /** Whether checks registered this way may run scripts. */
  readonly scripts: (origin: Origin) => boolean
}

interface Running {
  readonly definition: LocalCheck['Definition']
  readonly abort: AbortController
  readonly ttl: TtlCheck | undefined
  criticalSince: number | undefined
}

const REAP_MS = 30_000
const SHORTEST_DEREGISTER_MS = 60_000

/** Checks registered in great number are first looked at over a longer time, or they would all start at once. */
const SHORTEST_FIRST_LOOK_MS = 1_000
const FIRST_LOOK_MS_PER_CHECK = 4

export class HealthChecks {
  readonly #deps: HealthChecksDeps
  readonly #running = new Map<string, Running>()
  #reaper: NodeJS.Timeout | undefined
  #closed = false

  constructor(deps: HealthChecksDeps) {
    this.#deps = deps
  }

  /** Starts every registered check and follows registrations from now on. */
  start(): void {
    const { store, local } = this.#deps
    for (const check of store.list('localChecks', 'all', '')) this.#follow(localCheckKey(check))
    local.onCommit(writes => {
      for (const write of writes) if (write.table === 'localChecks') this.#follow(write.key)
    })
    this.#reaper = setInterval(() => this.#reap(), REAP_MS)
    this.#reaper.unref()
  }

  /** What an application says of itself; false when the check is not a ttl check. */
  updateTtl(key: string, status: Status, output: string): boolean {
    const ttl = this.#running.get(key)?.ttl
    ttl?.update(status, output)
    return ttl !== undefined
  }

  close(): void {
    this.#closed = true
    clearInterval(this.#reaper)
    for (const running of this.#running.values()) running.abort.abort()
    this.#running.clear()
  }

  #follow(key: string): void {
    // What is committed while the agent shuts down must not start a check again.
    if (this.#closed) return
    const check = this.#deps.store.get('localChecks', key)
    const running = this.#running.get(key)
    if (check === undefined) {
      running?.abort.abort()
      this.#running.delete(key)
      return
    }
    if (running === undefined || running.definition !== check.Definition) {
      running?.abort.abort()
      this.#running.set(key, this.#run(key, check))
    }
    this.#note(key, check.Status)
  }

  #note(key: string, status: Status): void {
    const running = this.#running.get(key)
    if (running === undefined) return
    if (status !== 'critical') running.criticalSince = undefined
    else running.criticalSince ??= this.#deps.now()
  }

  #run(key: string, check: LocalCheck): Running {
    const abort = new AbortController()
    const report = (status: Status, output: string) => this.#record(key, status, output, abort.signal)
    const scripts = this.#deps.scripts(check.Origin)
    const firstLookMs = Math.max(SHORTEST_FIRST_LOOK_MS, this.#running.size * FIRST_LOOK_MS_PER_CHECK)
    const deps = { clock: this.#deps.clock, logger: this.#deps.logger, scripts, firstLookMs, report }
    const base = { definition: check.Definition, abort, criticalSince: undefined }
    if (check.Type === 'ttl') return { ...base, ttl: startTtlCheck(check.Definition, deps, abort.signal) }
    if (check.Type === 'alias') this.#runAlias(check, report, abort.signal)
    else if (check.Type !== 'maintenance') void startCheck(check.Definition, deps, abort.signal)
    return { ...base, ttl: undefined }
  }

  #runAlias(check: LocalCheck, report: (status: Status, output: string) => void, signal: AbortSignal): void {
    const { Partition, Namespace, Definition } = check
    const arg = { Partition, Namespace, node: Definition.AliasNode ?? '', service: Definition.AliasService ?? '' }
    const look = () => {
      if (signal.aborted) return
      try {
        const { status, output } = watch.current().value
        report(status, output)
      } catch (error) {
        report('critical', `what is watched cannot be read: ${error instanceof Error ? error.message : error}`)
      }
    }
    const watch = this.#deps.store.watch(aliasStatus, arg, () => queueMicrotask(look))
    signal.addEventListener('abort', () => watch.close(), { once: true })
    queueMicrotask(look)
  }

  #record(key: string, status: Status, output: string, signal: AbortSignal): void {
    this.#deps.local
      .submit(state => (signal.aborted ? done([]) : setCheckStatus(state, key, status, output)))
      .catch(error => {
        if (!signal.aborted) this.#deps.logger.error('cannot record the status of a check', { check: key, error })
      })
  }

  #reap(): void {
    const now = this.#deps.now()
    for (const [key, running] of this.#running) {
      const text = running.definition.DeregisterCriticalServiceAfter
      if (text === undefined || running.criticalSince === undefined) continue
      const after = Math.max(parseDuration(text) ?? 0, SHORTEST_DEREGISTER_MS)
      if (now - running.criticalSince < after) continue
      this.#deregister(key)
    }
  }

  #deregister(key: string): void {
    const check = this.#deps.store.get('localChecks', key)
    if (check === undefined || check.ServiceID === '') return
    const { Namespace, Partition, ServiceID } = check
    this.#deps.logger.info('deregistering a service that stayed critical', { service: ServiceID, check: check.CheckID })
    this.#deps.local
      .submit(state => deregisterService(state, Namespace, Partition, ServiceID))
      .catch(error => {
        this.#deps.logger.error('cannot deregister a critical service', { service: ServiceID, error })
      })
  }
}
