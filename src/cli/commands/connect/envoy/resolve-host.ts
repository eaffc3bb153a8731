// Host names to IP addresses, because Envoy's static addresses must be IPs.

import { isIP } from 'node:net'
import { Fault } from '../../../../core/model/fault.ts'

/** Looks up the first address of a name; rejects when there is none. */
export type Lookup = (host: string) => Promise<string>

/** The system's resolver, IPv4 first. */
export const systemLookup: Lookup = async host => {
  const { lookup } = await import('node:dns/promises')
  const found = await lookup(host, { all: true })
  return (found.find(each => each.family === 4) ?? found[0]!).address
}

/** `host` itself when it is an IP, else what it resolves to. Throws Fault('invalid'). */
export async function resolveHost(host: string, lookup: Lookup): Promise<string> {
  if (isIP(host) !== 0) return host
  try {
    return await lookup(host)
  } catch (cause) {
    throw new Fault('invalid', `host ${JSON.stringify(host)} cannot be resolved to an IP address`, { cause })
  }
}
