// The only file that knows everything: builds the agent top to bottom and takes it down again.

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { ROUTES } from '../core/api/index.ts'
import { Fault } from '../core/model/fault.ts'
import { reduce } from '../core/store/reduce.ts'
import { Store } from '../core/store/store.ts'
import { checkEffects } from '../rim/agent-api/agent-checks.ts'
import { selfEffects } from '../rim/agent-api/agent-self.ts'
import { serviceEffects } from '../rim/agent-api/agent-services.ts'
import type { AgentApiDeps, Departed } from '../rim/agent-api/deps.ts'
import { AgentHost } from '../rim/agents/agent-host.ts'
import { Committer } from '../rim/engine/committer.ts'
import { Membership } from '../rim/federation/membership.ts'
import { callDatacenter } from '../rim/federation/remote-query.ts'
import { RpcClient } from '../rim/federation/rpc-client.ts'
import { rpcHandler } from '../rim/federation/rpc-handlers.ts'
import { tlsIdentity } from '../rim/federation/tls-identity.ts'
import { createApi } from '../rim/http/api.ts'
import { emptyAnswer, type HttpRequest } from '../rim/http/message.ts'
import { CertificateAuthority } from '../rim/keepers/certificate-authority.ts'
import { leafKeeper } from '../rim/keepers/leaf-certs.ts'
import { remoteConnectKeeper, remoteGatewaysKeeper } from '../rim/keepers/remote-dc.ts'
import { noMemory, openRemoteMemory } from '../rim/keepers/remote-memory.ts'
import { replicateFromPrimary } from '../rim/keepers/replication.ts'
import { followPrimaryCa } from '../rim/keepers/secondary-ca.ts'
import { purgeDeletedTenancies } from '../rim/keepers/tenancy-purge.ts'
import { WantSupervisor } from '../rim/keepers/wants.ts'
import type { Logger } from '../rim/logger.ts'
import { buildPeering } from '../rim/peering/build-peering.ts'
import { ephemeralSealer, openSealer } from '../rim/signer/seal.ts'
import { systemWaitClock } from '../rim/watch.ts'
import { buildClientAgent } from './client-agent.ts'
import type { Definitions } from './definitions.ts'
import { listenDns } from './dns.ts'
import { loadLateRoutes } from './late-routes.ts'
import { hostsOf, listenGrpc, listenHttp, listenRpc } from './listen.ts'
import { LocalAgent } from './local-agent.ts'
import { openEngines } from './open-engines.ts'
import type { Settings } from './settings.ts'
import { VERSION } from './version.ts'

export interface Agent {
  /** Where HTTP is served. */
  readonly httpAddresses: readonly string[]
  readonly httpsAddresses: readonly string[]
  /** -1 where nothing is served. */
  readonly dnsPort: number
  readonly grpcPort: number
  readonly grpcTlsPort: number
  /** Registers what a new reading of the configuration files says; what they no longer say goes. */
  reload(definitions: Definitions): Promise<void>
  /** Tells the others goodbye: a server the other datacenters, a client agent its server. */
  leave(): Promise<void>
  close(): Promise<void>
}

export interface AgentHooks {
  /** Reads the configuration again, for `/v1/agent/reload`. */
  reload(): Promise<void>
  /** Ends the process after an orderly leave. */
  leave(): Promise<void>
}

/** How an agent that was built is taken down again: the closers in reverse order. */
export interface Life {
  readonly closers: (() => Promise<void> | void)[]
  close(): Promise<void>
}

const SWEEP_MS = 3_600_000
const NO_LAN_JOIN =
  'a server joins nobody here: agents join it, by retry_join of theirs; use -wan (?wan) for a server of another datacenter'

/** Starts an agent. Rejects with a Fault naming what stands in the way, and then nothing is left running. */
export async function startAgent(settings: Settings, logger: Logger, hooks: AgentHooks): Promise<Agent> {
  const closers: Life['closers'] = []
  const close = async () => {
    for (const closer of closers.splice(0).reverse()) await closer()
  }
  try {
    const build = settings.self.isServer ? buildServer : buildClientAgent
    return await build(settings, logger, hooks, { closers, close })
  } catch (error) {
    await close()
    throw error
  }
}

async function buildServer(
  settings: Settings,
  logger: Logger,
  hooks: AgentHooks,
  { closers, close }: Life,
): Promise<Agent> {
  const { self } = settings
  const abort = new AbortController()
  closers.push(() => abort.abort())
  const now = () => Date.now()

  // State: what the cluster shares and what this agent itself runs.
  const engines = openEngines(settings)
  closers.push(() => engines.close())
  const store = new Store(self)
  const catalog = new Committer(store, engines.on('state.db'))
  const local = new Committer(store, engines.on('local.db'), 'local')
  closers.push(
    () => catalog.close(),
    () => local.close(),
  )
  const [sealer] = await Promise.all([
    settings.engine === 'memory' ? ephemeralSealer() : openSealer(settings.dataDir),
    catalog.start(),
    local.start(),
  ])

  // What runs here reaches the catalog.
  const localAgent = new LocalAgent(settings, { store, local, catalog, logger })
  closers.push(() => localAgent.close())

  // Trust, and the servers of other datacenters.
  const seed = settings.file.connect?.ca_config
  const authority = new CertificateAuthority({
    ...{ store, sealer, now, seed },
    committer: catalog,
    logger: logger.named('ca'),
    newClusterId: randomUUID,
  })
  const tls = { ...settings.file.tls?.defaults, ...settings.file.tls?.internal_rpc }
  const identity = tlsIdentity(tls, `server.${self.datacenter}.${self.domain}`, now())
  const key = settings.file.encrypt ?? ''
  const client = new RpcClient({ identity, key })
  closers.push(() => client.close())
  const remote = { store, client, logger: logger.named('federation') }
  const membership = new Membership({
    ...remote,
    committer: catalog,
    address: settings.advertiseWan,
    port: settings.ports.serfWan,
    rpcPort: settings.ports.server,
    join: settings.retryJoinWan,
    joinIntervalMs: settings.retryIntervalWanMs,
    version: VERSION,
    startedAt: now(),
  })

  const peering = buildPeering({
    ...{ store, authority, sealer, logger, now, committer: catalog },
    enabled: settings.file.peering?.enabled ?? true,
    grpcTlsPort: settings.ports.grpcTls,
    grpcTlsHosts: hostsOf(settings, 'grpc_tls'),
  })
  closers.push(() => peering.close())

  // The HTTP API.
  const agentApi: AgentApiDeps = {
    ...localAgent.api,
    reload: hooks.reload,
    leave: hooks.leave,
    joinWan: address => membership.join(address),
    joinLan: () => Promise.reject(new Fault('unsupported', NO_LAN_JOIN)),
    forceLeave: departed => forceLeave(store, catalog, agents, departed),
  }
  const api = createApi({
    ...{ store, now },
    committer: catalog,
    routes: ROUTES,
    lateRoutes: loadLateRoutes,
    effects: {
      ...selfEffects(agentApi),
      ...serviceEffects(agentApi),
      ...checkEffects(agentApi),
      ...peering.effects,
      'ca-set-configuration': async request => {
        await authority.configure(request.body)
        return emptyAnswer()
      },
    },
    authorize: () => {},
    forward: (datacenter, request) => callDatacenter(remote, datacenter, request),
    translateWanAddresses: settings.translateWanAddresses,
    alwaysPretty: settings.dev,
    clock: systemWaitClock,
    waits: settings.waits,
    freshId: randomUUID,
    onBug: (error, request) => logger.error('a request failed', { method: request.method, path: request.path, error }),
  })
  const handle = async (request: HttpRequest) => await api.handle(request)
  const agents: AgentHost = new AgentHost({ store, committer: catalog, authority, logger, api: handle })
  closers.push(() => agents.close())
  const http = await listenHttp(settings, api)
  closers.push(() => http.close())

  // From here on the agent is reachable; the rest follows while it already answers.
  const memory =
    settings.engine === 'memory' ? noMemory : openRemoteMemory(join(settings.dataDir, 'remote'), remote.logger)
  closers.push(() => memory.close())
  const wants = new WantSupervisor(
    store,
    [
      leafKeeper({ ...{ store, authority, now }, logger: logger.named('leaf'), random: Math.random }),
      remoteConnectKeeper({ ...remote, memory }),
      remoteGatewaysKeeper({ ...remote, memory }),
    ],
    (want, error) => logger.error('a keeper has failed', { kind: want.kind, error }),
  )
  closers.push(() => wants.close())
  await localAgent.sync.start()
  localAgent.checks.start()

  const servers = await listenRpc(settings, logger, {
    ...{ identity, key },
    handler: rpcHandler({
      store,
      authority,
      membership,
      agents,
      clock: systemWaitClock,
      api: handle,
    }),
  })
  closers.push(async () => {
    await Promise.all(servers.map(server => server.close()))
  })
  await membership.start()
  agents.start()
  closers.push(() => membership.stop())

  const isPrimary = self.datacenter === self.primaryDatacenter
  if (isPrimary) {
    for (const entry of settings.definitions.entries) {
      const command = { type: 'set-entry', entry, cas: 0, datacenter: self.datacenter } as const
      await catalog.submit(state => reduce(state, command))
    }
    await authority.startPrimary()
  } else {
    followPrimaryCa(remote, authority, abort.signal).catch(error => logger.error('lost the primary CA', { error }))
    const onStatus = primaryStatus(logger, self.primaryDatacenter)
    const replication = { ...remote, committer: catalog }
    replicateFromPrimary(replication, abort.signal, onStatus).catch(error =>
      logger.error('replication ended', { error }),
    )
  }
  const purging = { store, committer: catalog, logger: logger.named('tenancy') }
  purgeDeletedTenancies(purging, abort.signal).catch(error => logger.error('purging ended', { error }))
  const sweep = () => authority.sweep().catch(error => logger.warn('cannot drop old roots yet', { error }))
  const sweeper = setInterval(() => void sweep(), SWEEP_MS)
  closers.push(() => clearInterval(sweeper))

  const grpc = await listenGrpc(settings, store, logger, peering)
  closers.push(() => grpc.close())
  const dns = await listenDns(settings, logger, request => api.handle(request))
  closers.push(() => dns.close())
  peering.start(abort.signal)

  await localAgent.registerFiles(settings.definitions)

  return {
    httpAddresses: http.addresses,
    httpsAddresses: http.secureAddresses,
    dnsPort: dns.port,
    grpcPort: grpc.port,
    grpcTlsPort: grpc.tlsPort,
    reload: definitions => localAgent.registerFiles(definitions),
    leave: () => membership.leave(),
    close,
  }
}

async function forceLeave(store: Store, catalog: Committer, agents: AgentHost, departed: Departed): Promise<void> {
  const { node: name, partition, prune } = departed
  if (await agents.leases.forceLeave(name, partition, prune)) return
  const members = store.list('members', 'all', '')
  const member = members.find(each => each.Name === name || each.Node === name)
  if (member === undefined) throw new Fault('rejected', `agent: No node found with name '${name}'`)
  const { CreateIndex, ModifyIndex, ...row } = member
  await catalog.submit(state => reduce(state, { type: 'set-member', member: { ...row, Status: 'left' } }))
}

function primaryStatus(logger: Logger, primary: string) {
  let wasFresh = false
  let hasComplained = false
  return ({ fresh }: { readonly fresh: boolean }) => {
    if (fresh && !wasFresh) logger.info('following the primary datacenter', { primary })
    if (!fresh && !hasComplained) {
      logger.warn('the primary datacenter cannot be reached; serving what is known and trying again', { primary })
    }
    hasComplained = !fresh
    wasFresh = fresh
  }
}
