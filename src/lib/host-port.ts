// Addresses of the form host:port, with an IPv6 host in brackets, and how far an IP address can be reached from.

import { isIP } from 'node:net'
import { ipOctets } from './x509/ip.ts'

export interface HostPort {
  readonly host: string
  readonly port: number
}

const FORM = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/

/** The parts of an address; undefined when it has no host, no port or more than that. */
export function splitHostPort(text: string): HostPort | undefined {
  const match = FORM.exec(text)
  const host = match?.[1] ?? match?.[2]
  const port = Number(match?.[3])
  if (host === undefined || port < 1 || port > 65535) return undefined
  return match?.[1] !== undefined && isIP(host) !== 6 ? undefined : { host, port }
}

/** The address of a host and a port. */
export function joinHostPort(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** `machine`: only from the machine itself; `site`: only from its own network; `world`: perhaps from anywhere. */
export type Reach = 'machine' | 'site' | 'world'

/** How far the ranges reserved for private use let an IP address be reached; host names may reach anywhere. */
export function reachOf(host: string): Reach {
  const octets = ipOctets(host)
  if (octets === undefined) return host.toLowerCase() === 'localhost' ? 'machine' : 'world'
  return octets.length === 4 ? reachOf4(octets) : reachOf6(octets)
}

function reachOf4([a = 0, b = 0]: Uint8Array): Reach {
  if (a === 127 || a === 0) return 'machine'
  const isSite =
    a === 10 ||
    (a === 172 && b >= 16 && b < 32) ||
    (a === 192 && b === 168) ||
    (a === 169 && b === 254) ||
    (a === 100 && b >= 64 && b < 128)
  return isSite ? 'site' : 'world'
}

function reachOf6(octets: Uint8Array): Reach {
  const [a = 0, b = 0] = octets
  const front = octets.subarray(0, 15)
  if (front.every(octet => octet === 0)) return (octets[15] ?? 0) <= 1 ? 'machine' : 'world'
  const isMapped = octets.subarray(0, 10).every(octet => octet === 0) && octets[10] === 0xff && octets[11] === 0xff
  if (isMapped) return reachOf4(octets.subarray(12))
  return (a & 0xfe) === 0xfc || (a === 0xfe && (b & 0xc0) === 0x80) ? 'site' : 'world'
}
