// SPIFFE identities. Rule: /ap/ appears only for partitions other than default and is lower-cased; labels are URL-escaped.

import { DEFAULT_PARTITION } from './tenancy.ts'

export type Identity =
  | {
      readonly kind: 'service'
      readonly trustDomain: string
      readonly partition: string
      readonly namespace: string
      readonly datacenter: string
      readonly service: string
    }
  | {
      readonly kind: 'mesh-gateway'
      readonly trustDomain: string
      readonly partition: string
      readonly datacenter: string
    }
  | {
      readonly kind: 'agent'
      readonly trustDomain: string
      readonly partition: string
      readonly datacenter: string
      readonly node: string
    }
  | { readonly kind: 'server'; readonly trustDomain: string; readonly datacenter: string }
  | { readonly kind: 'signing'; readonly trustDomain: string }

/** The URI of an identity, such as `spiffe://<trust domain>/ns/default/dc/dc1/svc/web`. */
export function spiffeUri(identity: Identity): string {
  const root = `spiffe://${identity.trustDomain}`
  switch (identity.kind) {
    case 'service': {
      const { partition, namespace, datacenter, service } = identity
      return `${root}${ap(partition)}/ns/${escapeLabel(namespace)}/dc/${escapeLabel(datacenter)}/svc/${escapeLabel(service)}`
    }
    case 'mesh-gateway':
      return `${root}${ap(identity.partition)}/gateway/mesh/dc/${escapeLabel(identity.datacenter)}`
    case 'agent':
      return `${root}${ap(identity.partition)}/agent/client/dc/${escapeLabel(identity.datacenter)}/id/${escapeLabel(identity.node)}`
    case 'server':
      return `${root}/agent/server/dc/${escapeLabel(identity.datacenter)}`
    case 'signing':
      return root
  }
}

const SERVICE = /^(?:\/ap\/([^/]+))?\/ns\/([^/]+)\/dc\/([^/]+)\/svc\/([^/]+)$/
const MESH_GATEWAY = /^(?:\/ap\/([^/]+))?\/gateway\/mesh\/dc\/([^/]+)$/
const AGENT = /^(?:\/ap\/([^/]+))?\/agent\/client\/dc\/([^/]+)\/id\/([^/]+)$/
const SERVER = /^\/agent\/server\/dc\/([^/]+)$/

/** Reads a SPIFFE URI; undefined when it is none of the known identities. */
export function parseSpiffe(uri: string): Identity | undefined {
  const match = /^spiffe:\/\/([^/]+)(\/.*)?$/.exec(uri)
  if (match === null) return undefined
  const trustDomain = match[1] ?? ''
  const path = match[2] ?? ''
  if (path === '') return { kind: 'signing', trustDomain }
  return parsePath(trustDomain, path)
}

function parsePath(trustDomain: string, path: string): Identity | undefined {
  const service = labels(SERVICE.exec(path))
  if (service) {
    const [partition, namespace = '', datacenter = '', name = ''] = service
    return {
      kind: 'service',
      trustDomain,
      partition: partition || DEFAULT_PARTITION,
      namespace,
      datacenter,
      service: name,
    }
  }
  const gateway = labels(MESH_GATEWAY.exec(path))
  if (gateway) {
    const [partition, datacenter = ''] = gateway
    return { kind: 'mesh-gateway', trustDomain, partition: partition || DEFAULT_PARTITION, datacenter }
  }
  const agent = labels(AGENT.exec(path))
  if (agent) {
    const [partition, datacenter = '', node = ''] = agent
    return { kind: 'agent', trustDomain, partition: partition || DEFAULT_PARTITION, datacenter, node }
  }
  const server = labels(SERVER.exec(path))
  return server ? { kind: 'server', trustDomain, datacenter: server[0] ?? '' } : undefined
}

function labels(match: RegExpExecArray | null): (string | undefined)[] | undefined {
  if (match === null) return undefined
  try {
    return match.slice(1).map(part => (part === undefined ? undefined : decodeURIComponent(part)))
  } catch {
    return undefined
  }
}

function ap(partition: string): string {
  return partition === '' || partition === DEFAULT_PARTITION ? '' : `/ap/${escapeLabel(partition.toLowerCase())}`
}

function escapeLabel(label: string): string {
  return encodeURIComponent(label)
}
