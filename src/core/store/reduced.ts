// What a command comes to, and the writes it is made of.

import { deepEqual } from '../../lib/deep-equal.ts'
import type { Fault } from '../model/fault.ts'
import type { Indexed } from '../model/row.ts'
import type { Write } from './store.ts'
import type { RowOf, TableName } from './tables.ts'
import type { State } from './view.ts'

/** What a command came to: rows to write and whether it applied (a failed compare-and-set does not), or a refusal. */
export type Reduced =
  | { readonly ok: true; readonly writes: readonly Write[]; readonly applied: boolean }
  | { readonly ok: false; readonly fault: Fault }

/** Accepts with these writes. */
export function done(writes: readonly Write[]): Reduced {
  return { ok: true, writes, applied: true }
}

/** Does nothing: a compare-and-set found another value than it expected. */
export function notApplied(): Reduced {
  return { ok: true, writes: [], applied: false }
}

/** Refuses with this fault. */
export function refuse(fault: Fault): Reduced {
  return { ok: false, fault }
}

/** A write of one row; nothing when the stored row already says the same. */
export function put<N extends TableName>(
  state: State,
  table: N,
  key: string,
  row: Omit<RowOf<N>, keyof Indexed>,
): readonly Write[] {
  const before = state.get(table, key)
  return before !== undefined && sameRow(before, row) ? [] : [{ table, key, row }]
}

/** The removal of one row; nothing when it is not there. */
export function remove(state: State, table: TableName, key: string): readonly Write[] {
  return state.get(table, key) === undefined ? [] : [{ table, key, row: undefined }]
}

/** Whether a stored row says the same, its two indexes apart. */
function sameRow(before: Indexed, row: object): boolean {
  const keys = Object.keys(row)
  if (keys.length !== Object.keys(before).length - 2) return false
  // Only own keys are looked up, which any object has as a record would.
  const stored = before as unknown as Readonly<Record<string, unknown>>
  const next = row as Readonly<Record<string, unknown>>
  return keys.every(key => Object.hasOwn(stored, key) && deepEqual(stored[key], next[key]))
}
