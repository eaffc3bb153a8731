// What a name of the mesh's DNS domain asks for (Consul docs: "DNS interface"). Letter case of the words of the grammar does not
// count; that of names is kept.

import { ipText } from '../../lib/x509/ip.ts'

/** '' where the name does not say: then it is the agent's own, and no peer. */
export interface DnsPlace {
  readonly datacenter: string
  readonly peer: string
  readonly namespace: string
  readonly partition: string
}

export type DnsQuestion =
  /** `[tag.]name.service`, `_name._tag.service` and, with `connect`, `name.connect`. */
  | {
      readonly kind: 'service'
      readonly name: string
      readonly tag: string
      readonly connect: boolean
      readonly place: DnsPlace
    }
  | { readonly kind: 'virtual' | 'node'; readonly name: string; readonly place: DnsPlace }
  /** `0a000001.addr`: an address written as hexadecimal digits. */
  | { readonly kind: 'address'; readonly address: string }
  /** `1.0.0.10.in-addr.arpa`: the names that an address has. */
  | { readonly kind: 'reverse'; readonly address: string }
  /** The domain itself. */
  | { readonly kind: 'apex' }
  /** A name of the domain that has no meaning. */
  | { readonly kind: 'nothing' }
  /** Not of the domain. */
  | { readonly kind: 'foreign' }

const NOTHING: DnsQuestion = { kind: 'nothing' }
const FOREIGN: DnsQuestion = { kind: 'foreign' }
const KINDS = ['service', 'connect', 'virtual', 'node', 'addr'] as const

/** Reads a name; `domains` are those of the mesh, without dots around. */
export function readDnsName(name: string, domains: readonly string[]): DnsQuestion {
  const labels = name.replace(/\.$/, '').split('.')
  const address = reverseAddress(labels)
  if (address !== undefined) return { kind: 'reverse', address }
  const own = domains.map(domain => withoutDomain(labels, domain.split('.'))).find(rest => rest !== undefined)
  if (own === undefined) return FOREIGN
  if (own.length === 0) return { kind: 'apex' }
  return isRfc2782(own) ? readRfc2782(own) : readPlain(own)
}

function withoutDomain(labels: readonly string[], domain: readonly string[]): readonly string[] | undefined {
  const rest = labels.length - domain.length
  const isOwn = rest >= 0 && domain.every((label, i) => labels[rest + i]?.toLowerCase() === label.toLowerCase())
  return isOwn ? labels.slice(0, rest) : undefined
}

function readPlain(labels: readonly string[]): DnsQuestion {
  const at = labels.findLastIndex(label => kindOf(label) !== undefined)
  const kind = kindOf(labels[at] ?? '')
  const before = labels.slice(0, Math.max(at, 0))
  const name = before.at(-1)
  if (kind === undefined || name === undefined) return NOTHING
  if (kind === 'addr') return hexAddress(before)
  const place = readPlace(labels.slice(at + 1), kind === 'virtual' ? 'peer' : 'datacenter')
  if (place === undefined) return NOTHING
  // Names of nodes and tags may have dots inside.
  if (kind === 'node') return { kind, name: before.join('.'), place }
  const tag = before.slice(0, -1).join('.')
  if (kind === 'service') return { kind, name, tag, connect: false, place }
  if (tag !== '' || (kind === 'connect' && place.peer !== '')) return NOTHING
  return kind === 'virtual' ? { kind, name, place } : { kind: 'service', name, tag, connect: true, place }
}

function isRfc2782([service = '', tag = '']: readonly string[]): boolean {
  return service.length > 1 && service.startsWith('_') && tag.length > 1 && tag.startsWith('_')
}

function readRfc2782([service = '', tag = '', ...rest]: readonly string[]): DnsQuestion {
  const suffix = kindOf(rest[0] ?? '') === 'service' ? rest.slice(1) : rest
  const place = readPlace(suffix, 'datacenter')
  if (place === undefined) return NOTHING
  const isProtocol = tag.toLowerCase() === '_tcp'
  return { kind: 'service', name: service.slice(1), tag: isProtocol ? '' : tag.slice(1), connect: false, place }
}

function kindOf(label: string): (typeof KINDS)[number] | undefined {
  return KINDS.find(kind => kind === label.toLowerCase())
}

const PLACES: Readonly<Record<string, keyof DnsPlace>> = {
  dc: 'datacenter',
  peer: 'peer',
  ns: 'namespace',
  ap: 'partition',
}

/** `one`, or pairs such as `finance.ap.dc2.dc`; undefined for anything else. */
function readPlace(labels: readonly string[], single: keyof DnsPlace): DnsPlace | undefined {
  const place = { datacenter: '', peer: '', namespace: '', partition: '' }
  if (labels.length === 1) return { ...place, [single]: labels[0]?.toLowerCase() }
  for (let i = 0; i < labels.length; i += 2) {
    const word = labels[i + 1]?.toLowerCase() ?? ''
    const field = Object.hasOwn(PLACES, word) ? PLACES[word] : undefined
    if (field === undefined || place[field] !== '') return undefined
    place[field] = labels[i]?.toLowerCase() ?? ''
  }
  return place.datacenter !== '' && place.peer !== '' ? undefined : place
}

function hexAddress(labels: readonly string[]): DnsQuestion {
  const [digits = '', ...more] = labels
  const address = /^[0-9a-f]+$/i.test(digits) ? ipText(Buffer.from(digits, 'hex')) : undefined
  const isWhole = digits.length === 8 || digits.length === 32
  return more.length > 0 || !isWhole || address === undefined ? NOTHING : { kind: 'address', address }
}

function reverseAddress(labels: readonly string[]): string | undefined {
  const [zone, arpa] = labels.slice(-2).map(label => label.toLowerCase())
  if (arpa !== 'arpa') return undefined
  const digits = labels.slice(0, -2).reverse()
  if (zone === 'in-addr' && digits.length === 4 && digits.every(digit => /^\d{1,3}$/.test(digit))) {
    return ipText(Uint8Array.from(digits.map(Number)))
  }
  if (zone !== 'ip6' || digits.length !== 32 || !digits.every(digit => /^[0-9a-f]$/i.test(digit))) return undefined
  return ipText(Buffer.from(digits.join(''), 'hex'))
}
