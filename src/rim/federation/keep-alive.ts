// Notices that the other side of a connection is gone without a word.

import type { ClientHttp2Session } from 'node:http2'

const PING_MS = 5_000

/** Pings for as long as the connection is open; one whose last ping is not answered when the next is due is ended. */
export function keepAlive(session: ClientHttp2Session, everyMs = PING_MS): void {
  let waiting = false
  const timer = setInterval(() => {
    // A session that is destroyed closes only later, and throws when it is pinged.
    if (session.destroyed) return clearInterval(timer)
    if (waiting) return session.destroy()
    waiting = session.ping(() => {
      waiting = false
    })
  }, everyMs)
  timer.unref()
  session.once('close', () => clearInterval(timer))
  session.on('error', () => session.destroy())
}
