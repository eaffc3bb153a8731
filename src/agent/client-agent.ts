// Builds an agent that is no server, top to bottom: it runs services and checks, has servers keep what concerns all, and answers
// from its copy of that.

import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { ROUTES } from '../core/api/index.ts'
import { Fault } from '../core/model/fault.ts'
import { Store } from '../core/store/store.ts'
import { checkEffects } from '../rim/agent-api/agent-checks.ts'
import { selfEffects } from '../rim/agent-api/agent-self.ts'
import { serviceEffects } from '../rim/agent-api/agent-services.ts'
import type { AgentApiDeps, Departed } from '../rim/agent-api/deps.ts'
import { createClientApi } from '../rim/agents/client-api.ts'
import { findServers, joinPlace, reachPlace } from '../rim/agents/find-servers.ts'
import { Mirror } from '../rim/agents/mirror.ts'
import { PlaceResolver } from '../rim/agents/place-resolver.ts'
import { passToServer, RemoteCommands } from '../rim/agents/remote-commands.ts'
import { remoteFactKeepers } from '../rim/agents/remote-facts.ts'
import { RemoteLeaves } from '../rim/agents/remote-leaves.ts'
import { ServerLink } from '../rim/agents/server-link.ts'
import { Committer } from '../rim/engine/committer.ts'
import { RpcClient } from '../rim/federation/rpc-client.ts'
import { tlsIdentity } from '../rim/federation/tls-identity.ts'
import { leafKeeper } from '../rim/keepers/leaf-certs.ts'
import { noMemory, openRemoteMemory } from '../rim/keepers/remote-memory.ts'
import { WantSupervisor } from '../rim/keepers/wants.ts'
import type { Logger } from '../rim/logger.ts'
import type { Agent, AgentHooks, Life } from './agent.ts'
import { listenDns } from './dns.ts'
import { loadLateRoutes } from './late-routes.ts'
import { listenGrpc, listenHttp } from './listen.ts'
import { LocalAgent } from './local-agent.ts'
import { openEngines } from './open-engines.ts'
import { ownRows } from './own-rows.ts'
import type { Settings } from './settings.ts'
import { VERSION } from './version.ts'

const PATIENCE_MS = 3_000
const FORCE_LEAVE_MS = 10_000

/** Starts a client agent. It answers before it has found a server, and serves what it runs itself. */
export async function buildClientAgent(
  settings: Settings,
  logger: Logger,
  hooks: AgentHooks,
  { closers, close }: Life,
): Promise<Agent> {
  const { self } = settings
  const now = () => Date.now()

  // State: a copy of what servers share, and what this agent itself runs.
  const engines = openEngines(settings)
  closers.push(() => engines.close())
  const store = new Store(self)
  const mirror = new Mirror(store, logger.named('servers'))
  const local = new Committer(store, engines.on('local.db'), 'local')
  closers.push(() => local.close())
  await local.start()

  // The link to a server.
  const tls = { ...settings.file.tls?.defaults, ...settings.file.tls?.internal_rpc }
  const identity = tlsIdentity(tls, `client.${self.datacenter}.${self.domain}`, now())
  const client = new RpcClient({ identity, key: settings.file.encrypt ?? '' })
  closers.push(() => client.close())
  const places = [...settings.retryJoin]
  const resolver = new PlaceResolver({
    onFailure: (name, error) => logger.warn('a name in retry_join cannot be resolved', { name, error }),
  })
  const link = new ServerLink({
    ...{ client, mirror, node: ownRows(settings).node, datacenter: self.datacenter, version: VERSION },
    logger: logger.named('servers'),
    servers: () => findServers({ places, resolver, store, random: Math.random }),
    random: Math.random,
  })
  closers.push(() => link.close())

  // What runs here reaches the catalog.
  const localAgent = new LocalAgent(settings, {
    ...{ store, local, logger, catalog: new RemoteCommands(link, mirror) },
    knowsTenancies: () => mirror.isLoaded,
  })
  closers.push(() => localAgent.close())

  // The HTTP API.
  const agentApi: AgentApiDeps = {
    ...localAgent.api,
    reload: hooks.reload,
    leave: hooks.leave,
    joinWan: () => Promise.reject(new Fault('unsupported', 'only servers join servers of other datacenters')),
    joinLan: async address => {
      const place = joinPlace(address, 'join')
      await reachPlace({ client, resolver, store }, place)
      if (!places.some(({ host, port }) => host === place.host && port === place.port)) places.push(place)
      link.hurry()
    },
    forceLeave: departed => forceLeave(link, mirror, departed),
  }
  const api = createClientApi({
    ...{ store, now, mirror, routes: ROUTES, lateRoutes: loadLateRoutes },
    effects: { ...selfEffects(agentApi), ...serviceEffects(agentApi), ...checkEffects(agentApi) },
    toServer: request => passToServer(link, mirror, request),
    silenceMs: () => link.silenceMs,
    translateWanAddresses: settings.translateWanAddresses,
    waits: settings.waits,
    freshId: randomUUID,
    onBug: (error, request) => logger.error('a request failed', { method: request.method, path: request.path, error }),
  })
  const http = await listenHttp(settings, api)
  closers.push(() => http.close())

  // What proxies need from elsewhere.
  const folder = join(settings.dataDir, 'remote')
  const memory = settings.engine === 'memory' ? noMemory : openRemoteMemory(folder, logger.named('federation'))
  closers.push(() => memory.close())
  const leaves = { store, now, authority: new RemoteLeaves(link), logger: logger.named('leaf'), random: Math.random }
  const wants = new WantSupervisor(
    store,
    [leafKeeper(leaves), ...remoteFactKeepers({ store, link, memory })],
    (want, error) => logger.error('a keeper has failed', { kind: want.kind, error }),
  )
  closers.push(() => wants.close())

  await localAgent.sync.start()
  localAgent.checks.start()
  await localAgent.registerFiles(settings.definitions)
  mirror.onCurrent(() => void localAgent.sync.again())
  link.start()

  // An Envoy that is refused at first would wait long before it asks again.
  await mirror.loaded(PATIENCE_MS)
  const grpc = await listenGrpc(settings, store, logger, undefined)
  closers.push(() => grpc.close())
  const dns = await listenDns(settings, logger, request => api.handle(request))
  closers.push(() => dns.close())

  return {
    httpAddresses: http.addresses,
    httpsAddresses: http.secureAddresses,
    dnsPort: dns.port,
    grpcPort: grpc.port,
    grpcTlsPort: grpc.tlsPort,
    reload: definitions => localAgent.registerFiles(definitions),
    leave: () => leave(localAgent, link, mirror.isLoaded, logger),
    close,
  }
}

async function forceLeave(link: ServerLink, mirror: Mirror, departed: Departed): Promise<void> {
  const { node, partition, prune, token } = departed
  const query = new URLSearchParams({ partition, ...(prune ? { prune: '' } : {}) })
  const path = `/v1/agent/force-leave/${encodeURIComponent(node)}?${query}`
  const headers: Record<string, string> = token === '' ? {} : { 'x-consul-token': token }
  const signal = AbortSignal.timeout(FORCE_LEAVE_MS)
  const answer = await passToServer(link, mirror, { method: 'PUT', path, headers, body: Buffer.alloc(0), signal })
  if (answer.status === 200) return
  throw new Fault('rejected', answer.body.toString('utf8'))
}

/** Whoever leaves says nothing new of itself any more. */
async function leave(localAgent: LocalAgent, link: ServerLink, wasMember: boolean, logger: Logger): Promise<void> {
  localAgent.close()
  try {
    await link.leave()
  } catch (error) {
    if (wasMember) logger.warn('no server has heard that this agent leaves; it will be taken for failed', { error })
  }
}
