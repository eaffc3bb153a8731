// A light, steady load that tells how long answers take while something else goes on.

import { nowMs } from '../figures.ts'
import { Connection, requestBytes } from './raw-http.ts'

const CONNECTIONS = 4
const EVERY_MS = 5

export interface Probe {
  /** Stops; milliseconds of each request since the start, counted from when it was due. */
  stop(): readonly number[]
}

/** Sends GET requests for `path` at a fixed pace. A request that waits for a free connection counts its waiting. */
export function startProbe(port: number, path: string): Probe {
  const bytes = requestBytes('GET', path)
  const idle = Array.from({ length: CONNECTIONS }, () => new Connection(port))
  const all = [...idle]
  const due: number[] = []
  const times: number[] = []
  const send = () => {
    const connection = due.length === 0 ? undefined : idle.pop()
    if (connection === undefined) return
    const dueAt = due.shift() ?? 0
    connection.send(bytes, {
      done() {
        times.push(nowMs() - dueAt)
        idle.push(connection)
        send()
      },
      failed: error => {
        throw error
      },
    })
  }
  const timer = setInterval(() => {
    due.push(nowMs())
    send()
  }, EVERY_MS)
  return {
    stop() {
      clearInterval(timer)
      for (const connection of all) connection.close()
      const now = nowMs()
      return [...times, ...due.map(dueAt => now - dueAt)]
    },
  }
}
