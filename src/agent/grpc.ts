// The gRPC side of the agent: xDS for the proxies, in plain text and over TLS, and over TLS what peers ask for as well. Loaded after
// HTTP listens, because Envoy's API is large.

import type { Server } from '@grpc/grpc-js'
import type { Store } from '../core/store/store.ts'
import type { Logger } from '../rim/logger.ts'
import { type GrpcServer, startGrpcServer, type TlsSource } from '../rim/xds/grpc-server.ts'
import { XdsService } from '../rim/xds/service.ts'
import { storeProxySource } from '../rim/xds/store-proxy-source.ts'

const CLOSE_GRACE_MS = 1_000

export interface GrpcPlace {
  readonly hosts: readonly string[]
  readonly port: number
}

export interface SecureGrpcPlace extends GrpcPlace {
  readonly certificate: TlsSource
  /** Adds services that are served over TLS only. */
  register(server: Server): void
}

export interface Grpc {
  /** Serves in plain text; the port that was taken. */
  listen(place: GrpcPlace): Promise<number>
  /** Serves over TLS; the port that was taken. */
  listenSecurely(place: SecureGrpcPlace): Promise<number>
  close(): Promise<void>
}

/** The services, not listening anywhere yet. */
export function createGrpc(store: Store, logger: Logger): Grpc {
  const log = logger.named('xds')
  const xds = new XdsService({ source: storeProxySource(store, log), authorize: () => undefined, log })
  const servers: GrpcServer[] = []
  const start = async (register: (server: Server) => void, { hosts, port }: GrpcPlace, tls?: TlsSource) => {
    const listeners = hosts.map(host => ({ host, port, ...(tls === undefined ? {} : { tls }) }))
    const server = await startGrpcServer(register, { listeners })
    servers.push(server)
    return server.ports[0] ?? port
  }
  return {
    listen: place => start(server => xds.addTo(server), place),
    listenSecurely: place => {
      const register = (server: Server) => {
        xds.addTo(server)
        place.register(server)
      }
      return start(register, place, place.certificate)
    },
    async close() {
      xds.drain('the server is shutting down')
      await Promise.all(servers.map(server => server.close(CLOSE_GRACE_MS)))
    },
  }
}
