// What the main thread and the thread of the databases say to each other. Rows travel as one text: copying many small strings between
// threads costs more than writing them to the database.

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

interface OfFile {
  readonly id: number
  readonly path: string
}

export type SqliteRequest =
  | (OfFile & { readonly type: 'load' })
  | (OfFile & { readonly type: 'commit'; readonly head: number; readonly writes: PackedWrites })
  | (OfFile & { readonly type: 'close' })

/** `head` of a commit is the new revision, or -1 when somebody else has written. */
export type SqliteAnswer =
  | { readonly id: number; readonly ok: true; readonly head: number; readonly rows: readonly SqliteRow[] }
  | { readonly id: number; readonly ok: false; readonly message: string }

/** Writes as one text: table, key and JSON of each, side by side. */
export interface PackedWrites {
  readonly text: string
  /** Lengths of the three, write by write; -1 for the JSON of a removal. */
  readonly lengths: Int32Array
}

export function packWrites(writes: readonly SqliteWrite[]): PackedWrites {
  const parts: string[] = []
  const lengths = new Int32Array(writes.length * 3)
  writes.forEach(({ table, key, json }, i) => {
    parts.push(table, key, json ?? '')
    lengths.set([table.length, key.length, json?.length ?? -1], i * 3)
  })
  return { text: parts.join(''), lengths }
}

export function unpackWrites({ text, lengths }: PackedWrites): readonly SqliteWrite[] {
  let at = 0
  const next = (length: number) => text.slice(at, (at += Math.max(length, 0)))
  return Array.from({ length: lengths.length / 3 }, (_, i) => {
    const [tableLength = 0, keyLength = 0, jsonLength = 0] = lengths.subarray(i * 3, i * 3 + 3)
    const table = next(tableLength)
    const key = next(keyLength)
    const json = next(jsonLength)
    return { table, key, json: jsonLength < 0 ? undefined : json }
  })
}
