// Addresses of checks: `host:port`, with an IPv6 host in brackets.

import { Fault } from '../../core/model/fault.ts'

export interface HostPort {
  readonly host: string
  readonly port: number
}

/** Splits an address; an empty host is this machine. Throws Fault('invalid') when it is none. */
export function parseHostPort(address: string): HostPort {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*)):(\d{1,5})$/.exec(address)
  const port = Number(match?.[3])
  if (!match || port < 1 || port > 65535) {
    throw new Fault('invalid', `invalid check address "${address}"; expected host:port`)
  }
  return { host: match[1] || match[2] || 'localhost', port }
}
