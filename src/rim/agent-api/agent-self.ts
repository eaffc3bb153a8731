// Effects of the agent API on the agent itself: what it is, members, reload, leave, join.

import { DEFAULT_PARTITION } from '../../core/model/tenancy.ts'
import { clientTags } from '../../core/queries/members.ts'
import type { Effect } from '../http/api-deps.ts'
import { emptyAnswer, type HttpAnswer, jsonAnswer } from '../http/message.ts'
import type { AgentApiDeps } from './deps.ts'

/** Envoy releases this control plane is known to work with; newest first. Others are judged by what they can do. */
export const SUPPORTED_ENVOYS = [
  '1.40.0',
  '1.39.0',
  '1.38.0',
  '1.37.0',
  '1.36.2',
  '1.35.3',
  '1.34.7',
  '1.33.9',
  '1.32.12',
]

// Builds are reproducible: they know no date.
const BUILD_DATE = '1970-01-01T00:00:01Z'

type SelfDeps = Pick<AgentApiDeps, 'store' | 'about' | 'reload' | 'leave' | 'joinWan' | 'joinLan' | 'forceLeave'>

/** The effects by the names their routes use. */
export function selfEffects(deps: SelfDeps): Readonly<Record<string, Effect>> {
  return {
    'agent-self': selfEffect(deps),
    'agent-version': async () =>
      jsonAnswer({ SHA: '', BuildDate: BUILD_DATE, HumanVersion: deps.about.version, FIPS: '' }),
    'agent-host': async () =>
      jsonAnswer({ Host: { hostname: deps.store.self.node }, CollectionTime: Date.now() * 1e6 }),
    'agent-metrics': async () => jsonAnswer(metrics()),
    'agent-reload': async () => {
      await deps.reload()
      return emptyAnswer()
    },
    'agent-leave': async () => {
      await deps.leave()
      return emptyAnswer()
    },
    'agent-join': async request => {
      const address = request.params.address ?? ''
      await (request.query.has('wan') ? deps.joinWan(address) : deps.joinLan(address))
      return emptyAnswer()
    },
    'agent-force-leave': async (request, { token }) => {
      const node = request.params.node ?? ''
      await deps.forceLeave({ node, partition: request.tenancy.Partition, prune: request.query.has('prune'), token })
      return emptyAnswer()
    },
  }
}

/** Clients ask for this often, and it is long: it is encoded again only when something it shows has changed. */
function selfEffect(deps: SelfDeps): Effect {
  const { store } = deps
  let known: { readonly shows: readonly unknown[]; readonly answer: HttpAnswer } | undefined
  return async () => {
    const checks = store.list('localChecks', 'all', '').length
    const services = store.list('localServices', 'all', '').length
    const shows = [store.self, store.revision, checks, services]
    if (known === undefined || shows.some((each, i) => each !== known?.shows[i])) {
      known = { shows, answer: jsonAnswer(describe(deps, { checks: String(checks), services: String(services) })) }
    }
    return known.answer
  }
}

function describe(deps: SelfDeps, counts: Readonly<Record<string, string>>) {
  const { self } = deps.store
  const { version, grpcPort, grpcTlsPort, meta, debugConfig } = deps.about
  return {
    Config: {
      Datacenter: self.datacenter,
      PrimaryDatacenter: self.primaryDatacenter,
      NodeName: self.node,
      NodeID: self.nodeId,
      ...(self.partition === DEFAULT_PARTITION ? {} : { Partition: self.partition }),
      Revision: '',
      Server: self.isServer,
      Version: version,
      BuildDate: BUILD_DATE,
    },
    DebugConfig: debugConfig,
    Coord: { Vec: [0, 0, 0, 0, 0, 0, 0, 0], Error: 1.5, Adjustment: 0, Height: 0.00001 },
    Member: {
      Name: self.node,
      Addr: self.address,
      Port: 8301,
      Tags: self.isServer
        ? { role: 'consul', dc: self.datacenter, id: self.nodeId, build: version }
        : clientTags(self, version),
      Status: 1,
      ProtocolMin: 1,
      ProtocolMax: 5,
      ProtocolCur: 2,
      DelegateMin: 2,
      DelegateMax: 5,
      DelegateCur: 4,
    },
    Stats: {
      agent: counts,
      build: { version },
      consul: { acl: 'disabled', index: String(deps.store.revision), server: String(self.isServer), ...standing(deps) },
      runtime: { os: process.platform, arch: process.arch, version: process.version },
    },
    Meta: { 'consul-network-segment': '', 'consul-version': version, ...meta },
    xDS: {
      SupportedProxies: { envoy: SUPPORTED_ENVOYS },
      Port: grpcTlsPort > 0 ? grpcTlsPort : grpcPort,
      Ports: { Plaintext: grpcPort, TLS: grpcTlsPort },
    },
  }
}

/** A server leads; a client has servers. */
function standing({ store }: SelfDeps): Readonly<Record<string, string>> {
  const members = store.list('members', 'all', '').filter(({ Status }) => Status === 'alive')
  if (!store.self.isServer) {
    return { known_servers: String(members.filter(each => each.Datacenter === store.self.datacenter).length) }
  }
  const datacenters = new Set([store.self.datacenter, ...members.map(each => each.Datacenter)])
  return { leader: 'true', known_datacenters: String(datacenters.size) }
}

function metrics() {
  const { rss, heapUsed } = process.memoryUsage()
  const gauge = (Name: string, Value: number) => ({ Name, Value, Labels: {} })
  return {
    Timestamp: new Date().toISOString(),
    Gauges: [gauge('isthmus.runtime.rss_bytes', rss), gauge('isthmus.runtime.heap_bytes', heapUsed)],
    Points: [],
    Counters: [],
    Samples: [],
  }
}
