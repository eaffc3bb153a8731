// Where the agent listens: HTTP, gRPC, and the traffic of servers. A port that cannot be had is named by its option.

import type { TlsOptions } from 'node:tls'
import { Fault } from '../core/model/fault.ts'
import type { Store } from '../core/store/store.ts'
import { type RpcServer, startRpcServer } from '../rim/federation/rpc-server.ts'
import type { Api } from '../rim/http/api.ts'
import { httpsIdentity } from '../rim/http/https-identity.ts'
import { type HttpServer, type Listen, startHttpServer } from '../rim/http/server.ts'
import type { Logger } from '../rim/logger.ts'
import type { SecureGrpcPlace } from './grpc.ts'
import type { Settings } from './settings.ts'

export interface HttpListeners {
  /** Where it is served in plain text, and where over TLS. */
  readonly addresses: readonly string[]
  readonly secureAddresses: readonly string[]
  close(): Promise<void>
}

/** Serves the HTTP API, in plain text and over TLS, at the ports that are not off. */
export async function listenHttp(settings: Settings, api: Api): Promise<HttpListeners> {
  const { http, https } = settings.ports
  const tls = https < 0 ? undefined : httpsIdentity({ ...settings.file.tls?.defaults, ...settings.file.tls?.https })
  const options = {
    api,
    maxConnectionsPerClient: settings.maxConnectionsPerClient,
    headers: {
      'X-Consul-Default-Acl-Policy': 'allow',
      ...(settings.translateWanAddresses ? { 'X-Consul-Translate-Addresses': 'true' } : {}),
      ...settings.responseHeaders,
    },
  }
  const open = (kind: 'http' | 'https', port: number) => {
    const listen =
      port < 0 ? [] : hostsOf(settings, kind).map(host => placeOf(host, port, kind === 'https' ? tls : undefined))
    return named(`ports.${kind}`, port, () => startHttpServer({ ...options, listen }))
  }
  const plain = await open('http', http)
  try {
    const secure = await open('https', https)
    return {
      addresses: plain.addresses.map(textOf),
      secureAddresses: secure.addresses.map(textOf),
      close: async () => void (await Promise.all([plain.close(), secure.close()])),
    }
  } catch (error) {
    await plain.close()
    throw error
  }
}

function placeOf(host: string, port: number, tls: TlsOptions | undefined): Listen {
  if (host.startsWith('unix://')) return { type: 'unix', path: host.slice('unix://'.length) }
  return { type: 'tcp', host, port, ...(tls === undefined ? {} : { tls }) }
}

function textOf(address: HttpServer['addresses'][number]): string {
  return typeof address === 'string' ? address : `${address.address}:${address.port}`
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

/** The hosts at which something is served to clients. */
export function hostsOf({ file, clientAddresses }: Settings, kind: ClientPort): readonly string[] {
  const own = file.addresses?.[kind]
  return own ? own.split(/\s+/) : clientAddresses
}

type ClientPort = 'dns' | 'http' | 'https' | 'grpc' | 'grpc_tls'

/** Says which option a failed listen belongs to. */
export async function named<T>(field: string, port: number, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen()
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    const text = error instanceof Error ? error.message : String(error)
    const reason = code === 'EADDRINUSE' || text.includes('EADDRINUSE') ? 'the port is in use by another process' : text
    throw new Fault('unavailable', `${field}: cannot listen on port ${port}: ${reason}`, { cause: error })
  }
}
