// The thread that owns the database file: durable writes wait for the disk here, never on the main thread.

import { parentPort, workerData } from 'node:worker_threads'
import { openDatabase, type SqliteDatabase } from './sqlite-database.ts'
import { type SqliteAnswer, type SqliteRequest, unpackWrites } from './sqlite-protocol.ts'

const port = parentPort
if (port === null) throw new Error('this file runs as a worker only')

const path = String(workerData.path)
let opened: SqliteDatabase | undefined

port.on('message', (request: SqliteRequest) => {
  port.postMessage(answer(request))
  if (request.type === 'close') port.close()
})

function answer(request: SqliteRequest): SqliteAnswer {
  try {
    if (request.type === 'close') {
      opened?.close()
      return { id: request.id, ok: true, head: 0, rows: [] }
    }
    opened ??= openDatabase(path)
    switch (request.type) {
      case 'load':
        return { id: request.id, ok: true, ...opened.load() }
      case 'commit':
        return { id: request.id, ok: true, head: opened.commit(request.head, unpackWrites(request.writes)), rows: [] }
    }
  } catch (error) {
    return { id: request.id, ok: false, message: `${path}: ${reasonOf(error)}` }
  }
}

/** The database binding throws plain objects with a code as well as errors. */
function reasonOf(error: unknown): string {
  const fields: { message?: unknown; code?: unknown } = Object(error)
  const reason = [fields.message, fields.code].filter(part => typeof part === 'string' && part !== '').join(' ')
  return /lock|busy/i.test(reason)
    ? 'the file is locked: is another agent running with the same data directory?'
    : reason
}
