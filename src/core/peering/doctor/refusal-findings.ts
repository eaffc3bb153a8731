// What is sent over a link that is up, and not taken at its other end.

import type { PeerRefusal } from '../../model/peering.ts'
import { type Check, type Finding, failed } from './finding.ts'
import type { PeeringPicture } from './picture.ts'

export function refusalFindings({ stream }: PeeringPicture): readonly Finding[] {
  return stream?.connected ? stream.refusals.map(refusalFinding) : []
}

const FIXES = {
  us: 'mend it on the other side; the log here says more',
  peer: 'the log of the other side says more',
} as const

function refusalFinding({ by, resource, reason }: PeerRefusal): Finding {
  const [kind = '', ...id] = resource.split(' ')
  const isService = kind === 'service'
  const subject = isService ? id.join(' ') : ''
  const what = isService ? 'it' : (NAMES[kind] ?? kind)
  const message = by === 'us' ? `this cluster refuses ${what}: ${reason}` : `the peer refuses ${what}: ${reason}`
  return failed(checkOf(kind, by), subject, message, FIXES[by])
}

const NAMES: Readonly<Record<string, string>> = {
  bundle: 'the roots',
  list: 'the list of exported services',
  addresses: 'the addresses of servers',
}

function checkOf(kind: string, by: PeerRefusal['by']): Check {
  if (kind === 'bundle') return 'trust'
  if (kind === 'addresses') return 'servers'
  return by === 'us' ? 'imports' : 'exports'
}
