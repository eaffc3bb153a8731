// A check that a TCP, or TLS, connection can be made. Nothing is sent.

import net from 'node:net'
import tls from 'node:tls'
import { type HostPort, parseHostPort } from './host-port.ts'
import { type Probe, type ProbeTls, passing, untilAborted } from './probe.ts'

/** Passing when `address` accepts a connection and, with `security`, completes a TLS handshake. */
export function tcpProbe(address: string, security: ProbeTls | undefined): Probe {
  const target = parseHostPort(address)
  return signal =>
    untilAborted(signal, (resolve, reject) => {
      const socket = security ? connectTls(target, security) : net.connect(target)
      socket.once(security ? 'secureConnect' : 'connect', () => resolve(passing(`TCP connect ${address}: Success`)))
      // A destroyed socket may still report an error, which must have a listener.
      socket.on('error', reject)
      return () => socket.destroy()
    })
}

function connectTls({ host, port }: HostPort, security: ProbeTls): tls.TLSSocket {
  const servername = security.serverName ?? (net.isIP(host) ? undefined : host)
  const options = { host, port, rejectUnauthorized: !security.skipVerify }
  return tls.connect(servername === undefined ? options : { ...options, servername })
}
