// A check that a UDP port does not refuse datagrams.

import dgram from 'node:dgram'
import { isIPv6 } from 'node:net'
import { parseHostPort } from './host-port.ts'
import { type Probe, type ProbeResult, passing, TimeUp, untilAborted } from './probe.ts'

/**
 * Sends an empty datagram. Any answer is passing, and so is silence until time is up, because most services do not
 * answer what they do not understand; a refusal (ICMP port unreachable) is critical.
 */
export function udpProbe(address: string): Probe {
  const { host, port } = parseHostPort(address)
  const success = passing(`UDP connect ${address}: Success`)
  return async signal => {
    try {
      return await untilAborted<ProbeResult>(signal, (resolve, reject) => {
        const socket = dgram.createSocket(isIPv6(host) ? 'udp6' : 'udp4')
        socket.on('error', reject)
        socket.once('message', () => resolve(success))
        socket.connect(port, host, () => socket.send(Buffer.alloc(0)))
        return () => socket.close()
      })
    } catch (error) {
      if (error instanceof TimeUp) return success
      throw error
    }
  }
}
