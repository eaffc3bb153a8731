// Where the agent listens: HTTP, gRPC, and the traffic of servers. A port that cannot be had is named by its option.

import { Fault } from '../core/model/fault.ts'
import type { Store } from '../core/store/store.ts'
import { type RpcServer, startRpcServer } from '../rim/federation/rpc-server.ts'
import type { Api } from '../rim/http/api.ts'
import { type HttpServer, startHttpServer } from '../rim/http/server.ts'
import type { Logger } from '../rim/logger.ts'
import type { SecureGrpcPlace } from './grpc.ts'
import type { Settings } from './settings.ts'

/** Serves the HTTP API. */
export async function listenHttp(settings: Settings, api: Api): Promise<HttpServer> {
  const hosts = settings.file.addresses?.http ? settings.file.addresses.http.split(/\s+/) : settings.clientAddresses
  const listen = hosts.map(host =>
    host.startsWith('unix://')
      ? { type: 'unix' as const, path: host.slice('unix://'.length) }
      : { type: 'tcp' as const, host, port: settings.ports.http },
  )
  return await named('ports.http', settings.ports.http, () =>
    startHttpServer({
      api,
      listen: settings.ports.http < 0 ? [] : listen,
      maxConnectionsPerClient: settings.maxConnectionsPerClient,
      headers: {
        'X-Consul-Default-Acl-Policy': 'allow',
        ...(settings.translateWanAddresses ? { 'X-Consul-Translate-Addresses': 'true' } : {}),
        ...settings.responseHeaders,
      },
    }),
  )
}

/** Serves agents of this datacenter and servers of others. */
export async function listenRpc(
  settings: Settings,
  logger: Logger,
  options: Pick<Parameters<typeof startRpcServer>[0], 'identity' | 'key' | 'handler'>,
): Promise<readonly RpcServer[]> {
  const { ports, bindAddress: host } = settings
  const open = (port: number) => startRpcServer({ ...options, host, port, logger: logger.named('rpc') })
  const servers: RpcServer[] = []
  try {
    if (ports.server >= 0) servers.push(await named('ports.server', ports.server, () => open(ports.server)))
    if (ports.serfWan >= 0) servers.push(await named('ports.serf_wan', ports.serfWan, () => open(ports.serfWan)))
    const lan = ports.serfLan < 0 ? undefined : await listenLan(settings, logger, () => open(ports.serfLan))
    return lan === undefined ? servers : [...servers, lan]
  } catch (error) {
    await Promise.all(servers.map(server => server.close()))
    throw error
  }
}

/** Agents may join at the port of servers as well, so this one is worth a failure only to who has chosen it. */
async function listenLan(
  settings: Settings,
  logger: Logger,
  open: () => Promise<RpcServer>,
): Promise<RpcServer | undefined> {
  try {
    return await named('ports.serf_lan', settings.ports.serfLan, open)
  } catch (error) {
    if (settings.file.ports?.serf_lan !== undefined) throw error
    logger.warn(`agents have to join at port ${settings.ports.server}`, { error })
    return undefined
  }
}

export interface GrpcListeners {
  /** -1 where nothing is served. */
  readonly port: number
  readonly tlsPort: number
  close(): Promise<void>
}

/** Serves Envoys, and over TLS, if there is a certificate, peers as well, at the ports that are not off. */
export async function listenGrpc(
  settings: Settings,
  store: Store,
  logger: Logger,
  secure: Pick<SecureGrpcPlace, 'certificate' | 'register'> | undefined,
): Promise<GrpcListeners> {
  const { grpc: port } = settings.ports
  const grpcTls = secure === undefined ? -1 : settings.ports.grpcTls
  if (port < 0 && grpcTls < 0) return { port: -1, tlsPort: -1, close: async () => {} }
  // Envoy's API is large to load; nobody needs it before the agent answers HTTP.
  const { createGrpc } = await import('./grpc.ts')
  const grpc = createGrpc(store, logger)
  try {
    const plain = { hosts: hostsOf(settings, 'grpc'), port }
    const tls = secure && { ...secure, hosts: hostsOf(settings, 'grpc_tls'), port: grpcTls }
    return {
      port: port < 0 ? -1 : await named('ports.grpc', port, () => grpc.listen(plain)),
      tlsPort: tls && grpcTls >= 0 ? await listenSecurely(settings, logger, () => grpc.listenSecurely(tls)) : -1,
      close: () => grpc.close(),
    }
  } catch (error) {
    await grpc.close()
    throw error
  }
}

/** In -dev nobody has asked for this port, and several may run beside each other. */
async function listenSecurely(settings: Settings, logger: Logger, listen: () => Promise<number>): Promise<number> {
  const port = settings.ports.grpcTls
  try {
    return await named('ports.grpc_tls', port, listen)
  } catch (error) {
    if (!settings.dev || settings.file.ports?.grpc_tls !== undefined) throw error
    logger.warn('nothing is served at the port for gRPC with TLS: other clusters cannot peer with this one', { error })
    return -1
  }
}

/** The hosts at which gRPC is served. */
export function hostsOf({ file, clientAddresses }: Settings, kind: 'grpc' | 'grpc_tls'): readonly string[] {
  const own = file.addresses?.[kind]
  return own ? own.split(/\s+/) : clientAddresses
}

/** Says which option a failed listen belongs to. */
async function named<T>(field: string, port: number, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const text = error instanceof Error ? error.message : String(error)
    const reason = code === 'EADDRINUSE' || text.includes('EADDRINUSE') ? 'the port is in use by another process' : text
    throw new Fault('unavailable', `${field}: cannot listen on port ${port}: ${reason}`, { cause: error })
  }
}
