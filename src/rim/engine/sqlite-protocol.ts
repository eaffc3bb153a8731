// What the main thread and the database's thread say to each other.

/** A row as the database keeps it: `json` is the row without indexes; undefined removes it. */
export interface SqliteWrite {
  readonly table: string
  readonly key: string
  readonly json: string | undefined
}

export interface SqliteRow {
  readonly table: string
  readonly key: string
  readonly json: string
  readonly createIndex: number
  readonly modifyIndex: number
}

export type SqliteRequest =
  | { readonly id: number; readonly type: 'load' }
  | { readonly id: number; readonly type: 'commit'; readonly head: number; readonly writes: readonly SqliteWrite[] }
  | { readonly id: number; readonly type: 'close' }

/** `head` of a commit is the new revision, or -1 when somebody else has written. */
export type SqliteAnswer =
  | { readonly id: number; readonly ok: true; readonly head: number; readonly rows: readonly SqliteRow[] }
  | { readonly id: number; readonly ok: false; readonly message: string }
