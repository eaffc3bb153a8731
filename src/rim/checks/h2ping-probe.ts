// A check that an HTTP/2 connection answers a ping.

import http2 from 'node:http2'
import { isIP, isIPv6 } from 'node:net'
import { parseHostPort } from './host-port.ts'
import { type Probe, type ProbeResult, type ProbeTls, passing, untilAborted } from './probe.ts'

/** Passing when `address` speaks HTTP/2 and answers a PING frame. */
export function h2pingProbe(address: string, security: ProbeTls | undefined): Probe {
  const { host, port } = parseHostPort(address)
  const origin = `${security ? 'https' : 'http'}://${isIPv6(host) ? `[${host}]` : host}:${port}`
  return signal =>
    untilAborted<ProbeResult>(signal, (resolve, reject) => {
      const session = http2.connect(origin, tlsOptions(security, host))
      session.on('error', reject)
      session.once('close', () => reject(new Error(`HTTP2 ping ${address}: connection closed`)))
      session.once('connect', () => {
        const answered = (error: Error | null) => {
          if (error) reject(error)
          else resolve(passing(`HTTP2 ping ${address}: success`))
        }
        if (!session.destroyed) session.ping(answered)
      })
      return () => session.destroy()
    })
}

function tlsOptions(security: ProbeTls | undefined, host: string): http2.SecureClientSessionOptions {
  if (!security) return {}
  // An address is no server name; the platform must be told to send none.
  const servername = security.serverName ?? (isIP(host) ? '' : host)
  return { rejectUnauthorized: !security.skipVerify, servername }
}
