// What every read takes besides its question: index and wait, consistency, caching, filter, layout.

import { parseFlag } from '../../core/api/request-params.ts'
import { Fault } from '../../core/model/fault.ts'
import { parseDuration } from '../../lib/duration.ts'
import { clampWait, type WaitLimits } from '../watch.ts'

export type Consistency = 'leader' | 'stale' | 'consistent'

export interface ReadOptions {
  /** The index the client has; 0 when it does not want to wait. */
  readonly minIndex: number
  readonly waitMs: number
  readonly consistency: Consistency
  readonly isCached: boolean
  readonly isPretty: boolean
  /** A filter expression; '' when all rows are wanted. */
  readonly filter: string
}

/** Reads the options of a query string. Throws Fault('invalid') with Consul's texts. */
export function readOptions(query: URLSearchParams, waits: WaitLimits | undefined): ReadOptions {
  const isCached = query.has('cached')
  const consistency = consistencyOf(query)
  if (isCached && consistency === 'consistent') {
    throw new Fault('invalid', 'Cannot specify ?cached with ?consistent, conflicting semantics.')
  }
  return {
    minIndex: indexOf(query.get('index')),
    waitMs: waitOf(query, waits),
    consistency,
    isCached,
    isPretty: isPretty(query),
    filter: query.get('filter') ?? '',
  }
}

/** `?wait` in milliseconds, within the limits. Throws Fault('invalid') when it is no duration. */
export function waitOf(query: URLSearchParams, waits: WaitLimits | undefined): number {
  return clampWait(durationOf(query.get('wait'), 'Invalid wait time'), waits)
}

/** `?pretty`, bare or with any value but false. */
export function isPretty(query: URLSearchParams): boolean {
  const text = query.get('pretty')
  return text !== null && parseFlag(text) !== false
}

function indexOf(text: string | null): number {
  if (text === null || text === '') return 0
  const index = /^\d{1,20}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isNaN(index)) throw new Fault('invalid', 'Invalid index')
  return index
}

function durationOf(text: string | null, problem: string): number | undefined {
  if (text === null || text === '') return undefined
  const ms = parseDuration(text)
  if (ms === undefined) throw new Fault('invalid', problem)
  return ms
}

function consistencyOf(query: URLSearchParams): Consistency {
  const staleText = query.get('max_stale')
  const maxStale = durationOf(staleText, `Invalid max_stale value ${JSON.stringify(staleText)}`)
  const isStale = query.has('stale') || maxStale !== undefined
  const isConsistent = query.has('consistent')
  if (isStale && isConsistent) {
    throw new Fault('invalid', 'Cannot specify ?stale with ?consistent, conflicting semantics.')
  }
  if (isConsistent) return 'consistent'
  return isStale ? 'stale' : 'leader'
}
