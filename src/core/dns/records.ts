// DNS records of instances and nodes.

import { ipOctets } from '../../lib/x509/ip.ts'
import { type Status, worstStatus } from '../model/check.ts'
import { DEFAULT_PARTITION } from '../model/tenancy.ts'

export type RecordType = 'A' | 'AAAA' | 'CNAME' | 'NS' | 'PTR' | 'SOA' | 'SRV' | 'TXT'

export type DnsRecord = { readonly name: string; readonly ttl: number } & (
  | { readonly type: 'A' | 'AAAA' | 'CNAME' | 'NS' | 'PTR'; readonly data: string }
  | { readonly type: 'SRV'; readonly data: SrvData }
  | { readonly type: 'TXT'; readonly data: string[] }
  | { readonly type: 'SOA'; readonly data: SoaData }
)

export interface SrvData {
  readonly priority: number
  readonly weight: number
  readonly port: number
  readonly target: string
}

export interface SoaData {
  readonly mname: string
  readonly rname: string
  readonly serial: number
  readonly refresh: number
  readonly retry: number
  readonly expire: number
  readonly minimum: number
}

/** A node as `/v1/catalog` shows it. */
export interface DnsNode {
  readonly Node: string
  readonly Address: string
  readonly Datacenter: string
  readonly Partition?: string
  readonly PeerName?: string
  readonly Meta?: Readonly<Record<string, string>> | null
}

/** An instance as `/v1/health` shows it. */
export interface DnsInstance {
  readonly Node: DnsNode
  readonly Service: {
    readonly Address: string
    readonly Port: number
    readonly Weights: { readonly Passing: number; readonly Warning: number }
  }
  readonly Checks: readonly { readonly Status: Status }[]
}

/** What of an answer is for whom asked, and what spares a second question. */
export interface Records {
  readonly answers: readonly DnsRecord[]
  readonly additionals: readonly DnsRecord[]
}

/** A name as it was asked, the type asked for, and what the answer is made with. */
export interface Asked {
  readonly name: string
  /** `ANY` as well as types nothing is known of. */
  readonly type: string
  /** Seconds. */
  readonly ttl: number
  readonly domain: string
  /** Whether what is noted of a node comes along with its address. */
  readonly withMeta: boolean
}

/** Instances that get traffic: not critical, or with `onlyPassing` without any failure. */
export function usableInstances(instances: readonly DnsInstance[], onlyPassing: boolean): readonly DnsInstance[] {
  return instances.filter(instance => {
    const status = statusOf(instance)
    return onlyPassing ? status === 'passing' : status !== 'critical'
  })
}

/** The records of a service, in the order of its instances, of the type asked for. */
export function serviceRecords(instances: readonly DnsInstance[], asked: Asked): Records {
  if (asked.type === 'SRV') return srvRecords(instances, asked)
  const addresses = new Set(instances.map(addressOf))
  const answers = [...addresses].flatMap(address => addressRecords(address, asked))
  return { answers, additionals: [] }
}

/** The address of a node, and what is noted of it as texts. */
export function nodeRecords(node: DnsNode, asked: Asked): Records {
  const addresses = addressRecords(node.Address, asked)
  const texts = textRecords(node, asked)
  if (asked.type === 'TXT' || asked.type === 'ANY') return { answers: [...addresses, ...texts], additionals: [] }
  return { answers: addresses, additionals: asked.withMeta && addresses.length > 0 ? texts : [] }
}

/** A record of the type asked for; an address that is none by number is another name. */
export function addressRecords(address: string, { name, type, ttl }: Asked): readonly DnsRecord[] {
  const own = addressType(address)
  const isAsked = type === 'ANY' || type === own || (own === 'CNAME' && (type === 'A' || type === 'AAAA'))
  if (!isAsked) return []
  return [{ name, ttl, type: own, data: own === 'CNAME' ? withDot(address) : address }]
}

function addressType(address: string): 'A' | 'AAAA' | 'CNAME' {
  const octets = ipOctets(address)
  if (octets === undefined) return 'CNAME'
  return octets.length === 4 ? 'A' : 'AAAA'
}

/** `node.node.dc1.consul.` */
export function nodeDnsName({ Node, Datacenter, Partition, PeerName }: DnsNode, domain: string): string {
  if (PeerName) return `${Node}.node.${PeerName}.peer.${domain}.`
  const isDefault = (Partition || DEFAULT_PARTITION) === DEFAULT_PARTITION
  const place = isDefault ? Datacenter : `${Partition}.ap.${Datacenter}.dc`
  return `${Node}.node.${place}.${domain}.`
}

function srvRecords(instances: readonly DnsInstance[], asked: Asked): Records {
  const answers: DnsRecord[] = []
  const additionals = new Map<string, readonly DnsRecord[]>()
  for (const instance of instances) {
    const { Node, Service } = instance
    const target = targetOf(instance, asked.domain)
    const weight = statusOf(instance) === 'passing' ? Service.Weights.Passing : Service.Weights.Warning
    const data = { priority: 1, weight, port: Service.Port, target }
    answers.push({ name: asked.name, ttl: asked.ttl, type: 'SRV', data })
    const address = Service.Address || Node.Address
    if (withDot(address) !== target)
      additionals.set(target, addressRecords(address, { ...asked, name: target, type: 'ANY' }))
    const node = nodeDnsName(Node, asked.domain)
    if (asked.withMeta) additionals.set(`${node} TXT`, textRecords(Node, { ...asked, name: node }))
  }
  return { answers, additionals: [...additionals.values()].flat() }
}

/** An instance with an address of its own is named by it, for the name of its node leads elsewhere. */
function targetOf({ Node, Service: { Address } }: DnsInstance, domain: string): string {
  if (!Address || Address === Node.Address) return nodeDnsName(Node, domain)
  const octets = ipOctets(Address)
  if (octets === undefined) return withDot(Address)
  const digits = Buffer.from(octets).toString('hex')
  return `${digits}.addr.${Node.Datacenter}.${domain}.`
}

function textRecords({ Meta }: DnsNode, { name, ttl }: Asked): readonly DnsRecord[] {
  return Object.entries(Meta ?? {}).map(([key, value]) => {
    const text = key.toLowerCase().startsWith('rfc1035-') ? value : `${key}=${value}`
    return { name, ttl, type: 'TXT' as const, data: [text] }
  })
}

function addressOf({ Node, Service }: DnsInstance): string {
  return Service.Address || Node.Address
}

function statusOf({ Checks }: DnsInstance): Status {
  return worstStatus(Checks.map(check => check.Status))
}

function withDot(name: string): string {
  return name.endsWith('.') ? name : `${name}.`
}
