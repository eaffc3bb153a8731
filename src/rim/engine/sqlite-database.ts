// The database file: one table of rows and the newest revision. WAL with a sync on every commit, so that what is
// acknowledged survives a crash of the process and of the machine.

import { createRequire } from 'node:module'
import type { SqliteRow, SqliteWrite } from './sqlite-protocol.ts'

export interface SqliteDatabase {
  load(): { head: number; rows: readonly SqliteRow[] }
  /** Writes a batch durably; returns the new revision, or -1 when `head` is no longer the newest. */
  commit(head: number, writes: readonly SqliteWrite[]): number
  close(): void
}

interface Statement {
  run(...values: unknown[]): unknown
  get(...values: unknown[]): unknown
  all(...values: unknown[]): unknown[]
}

interface Connection {
  exec(sql: string): unknown
  prepare(sql: string): Statement
  close(): unknown
}

const SCHEMA_VERSION = 1

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS rows (
    tbl TEXT NOT NULL, key TEXT NOT NULL, json TEXT NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL,
    PRIMARY KEY (tbl, key)
  ) WITHOUT ROWID;
  INSERT OR IGNORE INTO meta VALUES ('head', 0), ('schema', ${SCHEMA_VERSION});
`

const UPSERT = `
  INSERT INTO rows (tbl, key, json, created, modified) VALUES (?, ?, ?, ?, ?)
  ON CONFLICT (tbl, key) DO UPDATE SET json = excluded.json, modified = excluded.modified
`

/** Opens or creates the file. Throws a plain sentence when it cannot be used, such as when another process holds it. */
export function openDatabase(path: string): SqliteDatabase {
  const connection = connect(path)
  connection.exec('PRAGMA locking_mode = EXCLUSIVE; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;')
  connection.exec(SCHEMA)
  checkVersion(connection, path)

  const selectHead = connection.prepare("SELECT value FROM meta WHERE name = 'head'")
  const selectRows = connection.prepare('SELECT tbl, key, json, created, modified FROM rows')
  const updateHead = connection.prepare("UPDATE meta SET value = ? WHERE name = 'head'")
  const upsert = connection.prepare(UPSERT)
  const erase = connection.prepare('DELETE FROM rows WHERE tbl = ? AND key = ?')
  const head = () => numberAt(selectHead.get(), 'value')

  const write = (revision: number, { table, key, json }: SqliteWrite) => {
    if (json === undefined) erase.run(table, key)
    else upsert.run(table, key, json, revision, revision)
  }

  return {
    load: () => ({ head: head(), rows: selectRows.all().map(toRow) }),
    commit(expected, writes) {
      connection.exec('BEGIN IMMEDIATE')
      try {
        if (head() !== expected) {
          connection.exec('ROLLBACK')
          return -1
        }
        for (const each of writes) write(expected + 1, each)
        updateHead.run(expected + 1)
        connection.exec('COMMIT')
        return expected + 1
      } catch (error) {
        connection.exec('ROLLBACK')
        throw error
      }
    },
    close: () => connection.close(),
  }
}

/** Newer Node has SQLite built in; on Node 20 a package provides the same calls on the same file. */
function connect(path: string): Connection {
  const load = createRequire(import.meta.url)
  try {
    if (hasBuiltIn()) {
      const { DatabaseSync } = load('node:sqlite')
      return new DatabaseSync(path)
    }
    const Database = load('libsql')
    return new Database(path)
  } catch (error) {
    throw new Error(`cannot open ${path}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function hasBuiltIn(): boolean {
  return Number(process.versions.node.split('.')[0]) >= 22
}

function checkVersion(connection: Connection, path: string): void {
  const version = numberAt(connection.prepare("SELECT value FROM meta WHERE name = 'schema'").get(), 'value')
  if (version === SCHEMA_VERSION) return
  throw new Error(`${path} was written by another version (schema ${version}; this one reads ${SCHEMA_VERSION})`)
}

function toRow(row: unknown): SqliteRow {
  return {
    table: textAt(row, 'tbl'),
    key: textAt(row, 'key'),
    json: textAt(row, 'json'),
    createIndex: numberAt(row, 'created'),
    modifyIndex: numberAt(row, 'modified'),
  }
}

function numberAt(row: unknown, column: string): number {
  const value: unknown = column in Object(row) ? Reflect.get(Object(row), column) : undefined
  if (typeof value !== 'number') throw new Error(`column ${column} is not a number`)
  return value
}

function textAt(row: unknown, column: string): string {
  const value: unknown = column in Object(row) ? Reflect.get(Object(row), column) : undefined
  if (typeof value !== 'string') throw new Error(`column ${column} is not a text`)
  return value
}
