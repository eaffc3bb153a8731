// A service instance: the row in the catalog, and the definition people register.

import { bool, type Infer, int, list, map, object, string, withDefault } from '../../lib/schema.ts'
import { type ServiceAddress, taggedAddresses } from './address.ts'
import { checkDefinition } from './check.ts'
import { type ProxyConfig, proxyConfig } from './proxy-config.ts'
import type { Indexed } from './row.ts'
import { joinKey, type ServiceName } from './tenancy.ts'

export const SERVICE_KINDS = [
  '',
  'connect-proxy',
  'mesh-gateway',
  'terminating-gateway',
  'ingress-gateway',
  'api-gateway',
] as const

export type ServiceKind = (typeof SERVICE_KINDS)[number]

export interface Weights {
  readonly Passing: number
  readonly Warning: number
}

/** One instance of a service on a node, as the catalog keeps it. */
export interface ServiceInstance extends Indexed {
  readonly Node: string
  readonly Kind: ServiceKind
  readonly ID: string
  readonly Service: string
  readonly Partition: string
  readonly Namespace: string
  readonly PeerName: string
  readonly Tags: readonly string[]
  readonly Meta: Readonly<Record<string, string>>
  readonly Address: string
  readonly Port: number
  readonly SocketPath: string
  readonly TaggedAddresses: Readonly<Record<string, ServiceAddress>>
  readonly Weights: Weights
  readonly EnableTagOverride: boolean
  readonly Proxy: ProxyConfig
  readonly Connect: ConnectConfig
}

export interface ConnectConfig {
  readonly Native: boolean
  readonly PeerMeta?: PeerMeta
}

/** What an importing cluster must know to reach a peer's service; replicated verbatim, never computed. */
export interface PeerMeta {
  readonly SNI: readonly string[]
  readonly SpiffeID: readonly string[]
  readonly Protocol: string
}

type ServiceKeyParts = Pick<ServiceInstance, 'Partition' | 'PeerName' | 'Node' | 'Namespace' | 'ID'>

/** The table key of an instance. */
export function instanceKey(service: ServiceKeyParts): string {
  return joinKey(service.Partition, service.PeerName, service.Node.toLowerCase(), service.Namespace, service.ID)
}

/** The name an instance is registered under. */
export function nameOf(
  service: Pick<ServiceInstance, 'Service' | 'Partition' | 'Namespace' | 'PeerName'>,
): ServiceName {
  return { Name: service.Service, Partition: service.Partition, Namespace: service.Namespace, Peer: service.PeerName }
}

/** True for the kinds that carry other services' traffic. */
export function isGateway(kind: ServiceKind): boolean {
  return kind !== '' && kind !== 'connect-proxy'
}

export const weights = object({ Passing: withDefault(int(), 0), Warning: withDefault(int(), 0) })

const definitionFields = {
  Kind: withDefault(string({ allowed: SERVICE_KINDS }), ''),
  ID: string(),
  Name: string(),
  Tags: list(string()),
  Address: string(),
  SocketPath: string(),
  Port: int({ min: 0, max: 65535 }),
  Meta: map(string()),
  TaggedAddresses: taggedAddresses,
  Weights: weights,
  EnableTagOverride: bool(),
  Check: checkDefinition,
  Checks: list(checkDefinition),
  Token: string(),
  Proxy: proxyConfig,
  Namespace: string(),
  Partition: string(),
} as const

/** A sidecar written inside its service: the same fields, without another sidecar. */
export const sidecarDefinition = object(definitionFields)

export type SidecarDefinition = Infer<typeof sidecarDefinition>

export const serviceDefinition = object({
  ...definitionFields,
  Connect: object({ Native: bool(), SidecarService: sidecarDefinition }),
})

/** A service as a person registers it, in a file or by the agent API. */
export type ServiceDefinition = Infer<typeof serviceDefinition>
