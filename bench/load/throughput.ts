// As many requests a second as an agent answers on some connections.

import { nowMs } from '../figures.ts'
import { Connection, type RawAnswer } from './raw-http.ts'

const WARM_UP_MS = 500
const MEASURED_MS = 2_000

export interface ThroughputOptions {
  readonly port: number
  readonly connections: number
  /** The bytes of the next request. */
  next(): Buffer
}

/** Requests a second. Rejects when an answer is not a success. */
export function throughput({ port, connections, next }: ThroughputOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const all = Array.from({ length: connections }, () => new Connection(port))
    let answered = 0
    let isOver = false
    const end = (settle: () => void) => {
      isOver = true
      for (const connection of all) connection.close()
      settle()
    }
    const loop = (connection: Connection) => {
      connection.send(next(), {
        done(answer: RawAnswer) {
          if (isOver) return
          if (answer.status !== 200) return end(() => reject(new Error(`answered ${answer.status}: ${answer.body}`)))
          answered++
          loop(connection)
        },
        failed: error => (isOver ? undefined : end(() => reject(error))),
      })
    }
    for (const connection of all) loop(connection)
    setTimeout(() => {
      const startedAt = nowMs()
      answered = 0
      setTimeout(() => end(() => resolve((answered * 1000) / (nowMs() - startedAt))), MEASURED_MS)
    }, WARM_UP_MS)
  })
}
