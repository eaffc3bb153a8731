// The Proxy block of a service: what it fronts, its upstreams, its own options.

import { bool, type Infer, int, list, object, opaque, string, withDefault } from '../../lib/schema.ts'
import { meshGatewayConfig } from './mesh-gateway-mode.ts'

export const PROXY_MODES = ['', 'direct', 'transparent'] as const

export const upstream = object(
  {
    DestinationType: withDefault(string({ allowed: ['', 'service', 'prepared_query'] }), 'service'),
    DestinationName: withDefault(string(), ''),
    DestinationNamespace: string(),
    DestinationPartition: string(),
    DestinationPeer: string(),
    Datacenter: string(),
    LocalBindAddress: string(),
    LocalBindPort: int({ min: 0, max: 65535 }),
    LocalBindSocketPath: string(),
    LocalBindSocketMode: string(),
    Config: opaque(),
    MeshGateway: withDefault(meshGatewayConfig, {}),
  },
  { ignored: ['CentrallyConfigured', 'IngressHosts'] },
)

export type Upstream = Infer<typeof upstream>

export const exposePath = object(
  {
    ListenerPort: int({ min: 0, max: 65535 }),
    Path: string(),
    LocalPathPort: int({ min: 0, max: 65535 }),
    Protocol: string({ allowed: ['', 'http', 'http2'] }),
  },
  { ignored: ['ParsedFromCheck'] },
)

export const exposeConfig = object({ Checks: bool(), Paths: list(exposePath) })

export const transparentProxyConfig = object({
  OutboundListenerPort: int({ min: 0, max: 65535 }),
  DialedDirectly: bool(),
})

export const envoyExtension = object({
  Name: withDefault(string(), ''),
  Required: bool(),
  Arguments: opaque(),
  ConsulVersion: string(),
  EnvoyVersion: string(),
})

export const accessLogs = object({
  Enabled: bool(),
  DisableListenerLogs: bool(),
  Type: string({ allowed: ['', 'stdout', 'stderr', 'file'] }),
  Path: string(),
  JSONFormat: string(),
  TextFormat: string(),
})

export type AccessLogs = Infer<typeof accessLogs>

export const proxyConfig = object({
  DestinationServiceName: string(),
  DestinationServiceID: string(),
  LocalServiceAddress: string(),
  LocalServicePort: int({ min: 0, max: 65535 }),
  LocalServiceSocketPath: string(),
  Mode: string({ allowed: PROXY_MODES }),
  TransparentProxy: transparentProxyConfig,
  MeshGateway: withDefault(meshGatewayConfig, {}),
  Expose: withDefault(exposeConfig, {}),
  Config: opaque(),
  Upstreams: list(upstream),
  EnvoyExtensions: list(envoyExtension),
  AccessLogs: accessLogs,
  MutualTLSMode: string({ allowed: ['', 'strict', 'permissive'] }),
})

export type ProxyConfig = Infer<typeof proxyConfig>
