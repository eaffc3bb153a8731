// What a query sees: synchronous reads, each of which is noted, so that the query runs again when one of them changes.

import type { FactKind, FactKinds } from '../model/fact.ts'
import type { IndexName, RowOf, TableName } from './tables.ts'

/** Reads of rows, without notes: what `reduce` folds commands against. */
export interface State {
  get<N extends TableName>(table: N, key: string): RowOf<N> | undefined
  /** Rows under an index key, in key order. Shared: never change the list or a row. */
  list<N extends TableName>(table: N, index: IndexName<N>, key: string): readonly RowOf<N>[]
}

/**
 * Noted reads. A view lives as long as the call it is passed to; using it later throws. Everything it returns is shared and
 * must not be changed.
 */
export interface View extends State {
  /** The value of a derived query, computed once for all readers; what it read counts as read here. */
  derive<A, R>(query: Query<A, R>, arg: A): R
  /** A thing from outside, or undefined until it is known. Asking keeps it fetched for as long as somebody watches. */
  want<K extends FactKind>(kind: K, key: string): FactKinds[K] | undefined
  /** What this agent is. */
  readonly self: Self
}

/** The identity of the agent a view belongs to. */
export interface Self {
  readonly node: string
  readonly nodeId: string
  readonly datacenter: string
  readonly primaryDatacenter: string
  readonly partition: string
  readonly isServer: boolean
  /** DNS domain without the trailing dot. */
  readonly domain: string
  readonly address: string
  /** What an intention decides when none matches. */
  readonly defaultAllow: boolean
}

/** A pure, named function of a view. Make it once with `defineQuery`; the store memoises it by name and key. */
export interface Query<A, R> {
  readonly name: string
  /** Two arguments with the same key are the same question. */
  key(arg: A): string
  run(view: View, arg: A): R
  /** When true the change stops here. Structural equality unless given. */
  equal?(before: R, after: R): boolean
}

/** Defines a query. The name must be unique in the program. */
export function defineQuery<A, R>(query: Query<A, R>): Query<A, R> {
  return query
}
