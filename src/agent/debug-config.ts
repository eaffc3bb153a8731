// The settings that `/v1/agent/self` shows. Secrets are not among them.

import type { Settings } from './settings.ts'

/** Names as clients of this answer know them. */
export function debugConfig(settings: Settings): Readonly<Record<string, unknown>> {
  return {
    Bootstrap: settings.self.isServer,
    Datacenter: settings.self.datacenter,
    DataDir: settings.dataDir,
    DNSPort: settings.ports.dns,
    DevMode: settings.dev,
    GRPCPort: settings.ports.grpc,
    GRPCTLSPort: settings.ports.grpcTls,
    HTTPPort: settings.ports.http,
    NodeName: settings.self.node,
    PrimaryDatacenter: settings.self.primaryDatacenter,
    ServerPort: settings.ports.server,
    SerfPortWAN: settings.ports.serfWan,
    RetryJoinWAN: settings.retryJoinWan,
    TranslateWANAddrs: settings.translateWanAddresses,
    EncryptKey: settings.file.encrypt === undefined ? '' : 'hidden',
  }
}
