// The gRPC side of the agent: xDS for the proxies. Loaded after HTTP listens, because Envoy's API is large.

import type { Store } from '../core/store/store.ts'
import type { Logger } from '../rim/logger.ts'
import { startGrpcServer } from '../rim/xds/grpc-server.ts'
import { XdsService } from '../rim/xds/service.ts'
import { storeProxySource } from '../rim/xds/store-proxy-source.ts'

const CLOSE_GRACE_MS = 1_000

/** Serves xDS on these hosts. */
export async function startGrpc(
  store: Store,
  hosts: readonly string[],
  port: number,
  logger: Logger,
): Promise<{ readonly port: number; close(): Promise<void> }> {
  const log = logger.named('xds')
  const service = new XdsService({ source: storeProxySource(store, log), authorize: () => undefined, log })
  const server = await startGrpcServer(grpc => service.addTo(grpc), {
    listeners: hosts.map(host => ({ host, port })),
  })
  return {
    port: server.ports[0] ?? port,
    async close() {
      service.drain('the server is shutting down')
      await server.close(CLOSE_GRACE_MS)
    },
  }
}
