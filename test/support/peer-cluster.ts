// A cluster in this process as far as peering goes: a store, an authority, the listener for peers, and the effects of the API.

import { onTestFinished } from 'vitest'
import type { RouteRequest } from '../../src/core/api/define-route.ts'
import { decodeEntry } from '../../src/core/entries/index.ts'
import type { PeeringState } from '../../src/core/model/peering.ts'
import { joinKey } from '../../src/core/model/tenancy.ts'
import { visibleState } from '../../src/core/peering/state.ts'
import { trackedPeering } from '../../src/core/queries/peerings.ts'
import type { Command } from '../../src/core/store/commands.ts'
import { reduce } from '../../src/core/store/reduce.ts'
import { Store } from '../../src/core/store/store.ts'
import { Committer } from '../../src/rim/engine/committer.ts'
import type { Engine } from '../../src/rim/engine/engine.ts'
import { MemoryEngine } from '../../src/rim/engine/memory.ts'
import { CertificateAuthority } from '../../src/rim/keepers/certificate-authority.ts'
import { buildPeering } from '../../src/rim/peering/build-peering.ts'
import { ephemeralSealer } from '../../src/rim/signer/seal.ts'
import { startGrpcServer } from '../../src/rim/xds/grpc-server.ts'
import { type MemoryLog, memoryLog } from '../fakes/memory-log.ts'
import { checkRow, nodeRow, registering, serviceRow, TEST_SELF } from './catalog-rows.ts'
import { requestOf } from './route-request.ts'

export interface PeerCluster {
  readonly store: Store
  readonly log: MemoryLog
  /** Where peers dial it. */
  readonly address: string
  submit(...commands: readonly Command[]): Promise<void>
  /** Carries out `POST /v1/peering/token`. */
  generate(peer: string, extra?: object): Promise<string>
  /** Carries out `POST /v1/peering/establish`. */
  establish(peer: string, token: string): Promise<void>
  delete(peer: string): Promise<void>
  /** What is not well, as `GET /v1/internal/peering/:name/diagnosis` says: `<result> <check> <subject>: <message>`. */
  diagnose(peer: string): Promise<readonly string[]>
  state(peer: string): PeeringState | undefined
  /** Registers a service with a sidecar on node `a`, and a mesh gateway on node `g`. */
  register(service: string, status?: 'passing' | 'critical'): Promise<void>
  /** Exports exactly these services to a peer. */
  export(peer: string, ...services: readonly string[]): Promise<void>
  /** `<id> <status>` of the instances of a service that came from a peer. */
  imported(peer: string, service: string): readonly string[]
  /** Takes a new root certificate. */
  rotate(): Promise<void>
}

export interface ClusterOptions {
  /** A loopback address of its own. */
  readonly address: string
  readonly clusterId: string
  readonly engine?: Engine
  /** Milliseconds since the epoch; the system's clock unless given. */
  readonly now?: () => number
}

/** Starts a cluster; it is stopped when the test ends. */
export async function startPeerCluster(name: string, options: ClusterOptions): Promise<PeerCluster> {
  const store = new Store({
    ...TEST_SELF,
    node: name,
    datacenter: name,
    primaryDatacenter: name,
    address: options.address,
  })
  const committer = new Committer(store, options.engine ?? new MemoryEngine())
  await committer.start()
  const log = memoryLog()
  const sealer = ephemeralSealer()
  const now = options.now ?? (() => Date.now())
  const authority = new CertificateAuthority({
    ...{ store, committer, sealer, now, seed: undefined, logger: log.log },
    newClusterId: () => options.clusterId,
  })
  const peering = buildPeering({
    ...{ store, committer, authority, sealer, now, logger: log.log, enabled: true },
    grpcTlsPort: 0,
    grpcTlsHosts: [options.address],
  })
  await authority.startPrimary()
  const abort = new AbortController()
  peering.start(abort.signal)
  const listeners = [{ host: options.address, port: 0, tls: peering.certificate }]
  const server = await startGrpcServer(grpc => peering.register(grpc), { listeners })
  const port = server.ports[0] ?? 0
  onTestFinished(async () => {
    abort.abort()
    peering.close()
    await server.close(0)
    await committer.close()
  })

  const submit = async (...commands: readonly Command[]) => {
    for (const command of commands) await committer.submit(state => reduce(state, command))
  }
  await submit(serverService(name, options.address, port))
  const run = async (effect: string, body: object, params: RouteRequest['params'] = {}) => {
    const request = requestOf({ body, params })
    const answer = await peering.effects[effect]?.(request, { token: '', signal: abort.signal })
    return JSON.parse(answer?.body.toString('utf8') ?? '{}')
  }
  return {
    ...{ store, log, submit, address: `${options.address}:${port}` },
    generate: async (peer, extra = {}) =>
      (await run('peering-generate-token', { PeerName: peer, ...extra })).PeeringToken,
    establish: async (peer, token) => {
      await run('peering-establish', { PeerName: peer, PeeringToken: token })
    },
    delete: peer => submit({ type: 'delete-peering', partition: 'default', name: peer, at: new Date().toISOString() }),
    diagnose: async peer => {
      const { Findings } = await run('peering-diagnose', {}, { name: peer })
      const wrong = (Findings as readonly Record<string, string>[]).filter(each => each.Result !== 'ok')
      return wrong.map(each => `${each.Result} ${each.Check} ${each.Subject}: ${each.Message}`)
    },
    state: peer => {
      const tracked = store.read(trackedPeering, { partition: 'default', peer }).value
      return tracked && visibleState(tracked.row, tracked.stream)
    },
    register: (service, status = 'passing') => submit(...meshService(service, status)),
    export: (peer, ...services) => submit(exporting(peer, services)),
    imported: (peer, service) =>
      store.list('services', 'name', joinKey('default', 'default', peer, service)).map(row => {
        const checks = store.list('checks', 'serviceName', joinKey('default', 'default', peer, service))
        return `${row.ID} ${checks.find(check => check.ServiceID === row.ID)?.Status ?? 'unchecked'}`
      }),
    rotate: () => authority.configure({ Provider: 'consul', Config: { PrivateKeyType: 'rsa', PrivateKeyBits: 2048 } }),
  }
}

function serverService(node: string, Address: string, port: number): Command {
  const row = serviceRow(node, 'consul', { Meta: { grpc_tls_port: String(port) } })
  return registering(nodeRow(node, { Address }), [row])
}

function meshService(service: string, status: 'passing' | 'critical'): readonly Command[] {
  const sidecar = serviceRow('a', `${service}-sidecar-proxy`, {
    ...{ Kind: 'connect-proxy', Proxy: { DestinationServiceName: service, MeshGateway: {}, Expose: {} } },
  })
  const checks = [service, sidecar.ID].map(id => checkRow('a', `check-${id}`, { ServiceID: id, Status: status }))
  const gateway = serviceRow('g', 'mesh-gateway', { Kind: 'mesh-gateway', Port: 8443 })
  const gatewayCheck = checkRow('g', 'check-gateway', { ServiceID: gateway.ID })
  return [
    registering(nodeRow('a'), [serviceRow('a', service), sidecar], checks),
    registering(nodeRow('g'), [gateway], [gatewayCheck]),
  ]
}

function exporting(peer: string, services: readonly string[]): Command {
  const Services = services.map(Name => ({ Name, Consumers: [{ Peer: peer }] }))
  const decoded = decodeEntry({ Kind: 'exported-services', Name: 'default', Services })
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.issues))
  return { type: 'set-entry', entry: decoded.value }
}
