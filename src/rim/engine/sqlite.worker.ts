// The thread that owns the database files: durable writes wait for the disk here, never on the main thread.

import { parentPort } from 'node:worker_threads'
import { openDatabase, type SqliteDatabase } from './sqlite-database.ts'
import { type SqliteAnswer, type SqliteRequest, unpackWrites } from './sqlite-protocol.ts'

const port = parentPort
if (port === null) throw new Error('this file runs as a worker only')

const opened = new Map<string, SqliteDatabase>()

port.on('message', (request: SqliteRequest) => port.postMessage(answer(request)))

function answer(request: SqliteRequest): SqliteAnswer {
  const { id, path } = request
  try {
    switch (request.type) {
      case 'load':
        return { id, ok: true, ...database(path).load() }
      case 'commit':
        return { id, ok: true, head: database(path).commit(request.head, unpackWrites(request.writes)), rows: [] }
      case 'close':
        opened.get(path)?.close()
        opened.delete(path)
        return { id, ok: true, head: 0, rows: [] }
    }
  } catch (error) {
    return { id, ok: false, message: `${path}: ${reasonOf(error)}` }
  }
}

function database(path: string): SqliteDatabase {
  const known = opened.get(path)
  if (known !== undefined) return known
  const made = openDatabase(path)
  opened.set(path, made)
  return made
}

/** The database binding throws plain objects with a code as well as errors. */
function reasonOf(error: unknown): string {
  const fields: { message?: unknown; code?: unknown } = Object(error)
  const reason = [fields.message, fields.code].filter(part => typeof part === 'string' && part !== '').join(' ')
  return /lock|busy/i.test(reason)
    ? 'the file is locked: is another agent running with the same data directory?'
    : reason
}
