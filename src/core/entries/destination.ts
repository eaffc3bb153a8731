// Destination of service-defaults: a service outside the mesh, reached by its own addresses through a terminating gateway.

import { type Infer, type Issue, int, list, string } from '../../lib/schema.ts'
import { sparse } from './sparse.ts'

export const destination = sparse({ Addresses: list(string()), Port: int() })

export type Destination = Infer<typeof destination>

/** At least one address, each an IP or a hostname and none twice, and a port. */
export function checkDestination(value: Destination | undefined): Issue[] {
  if (value === undefined) return []
  const addresses = value.Addresses ?? []
  const issues = addresses.flatMap((address, i) => {
    const path = `Destination.Addresses[${i}]`
    if (!isIpv6(address) && !isHostname(address)) {
      return [{ path, message: `Could not validate address ${address} as an IP or Hostname` }]
    }
    return addresses.indexOf(address) < i ? [{ path, message: `Duplicate address '${address}' in list` }] : []
  })
  if (addresses.length === 0)
    issues.push({ path: 'Destination.Addresses', message: 'must contain at least one address' })
  const port = value.Port ?? 0
  if (port < 1 || port > 65535) issues.push({ path: 'Destination.Port', message: `Invalid Port number ${port}` })
  return issues
}

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/i

/** A DNS name; a dotted IPv4 address has that form too. */
function isHostname(text: string): boolean {
  return (
    text.length <= 253 &&
    text
      .replace(/\.$/, '')
      .split('.')
      .every(label => LABEL.test(label))
  )
}

function isIpv6(text: string): boolean {
  const halves = text.split('::')
  if (halves.length > 2) return false
  const groups = halves.flatMap(half => (half === '' ? [] : half.split(':')))
  if (!groups.every(group => /^[0-9a-f]{1,4}$/i.test(group))) return false
  return halves.length === 2 ? groups.length < 8 : groups.length === 8
}
