// What every stored row carries.

/** Revisions at which a row was created and last changed; the store sets them, never a command. */
export interface Indexed {
  readonly CreateIndex: number
  readonly ModifyIndex: number
}

/** A row before the store has given it indexes. */
export type Unindexed<T> = Omit<T, keyof Indexed>
