// Part of a sidecar: the listener of one upstream, for the application.

import type { Address } from '../../../gen/envoy/config/core/v3/address_pb.ts'
import type { Filter } from '../../../gen/envoy/config/listener/v3/listener_components_pb.ts'
import type { CompiledChain } from '../../chain/chain.ts'
import { logSinks } from '../../envoy/access-log.ts'
import { pipeAddress, socketAddress } from '../../envoy/address.ts'
import { resolverCluster } from '../../envoy/chain-clusters.ts'
import { filterChain, tcpProxyFilter } from '../../envoy/filter.ts'
import { httpConnectionManager, type RouteSource } from '../../envoy/http-connection-manager.ts'
import { makeListener } from '../../envoy/listener.ts'
import { makeOwnResource } from '../../envoy/make-resource.ts'
import { listenerName, pipeListenerName, statName, upstreamLabels } from '../../envoy/names.ts'
import { isHttp, protocolOf } from '../../envoy/protocol.ts'
import type { Resource } from '../../envoy/resource.ts'
import type { SocketPlace } from '../../envoy/resource-template.ts'
import { singleRoute } from '../../envoy/route.ts'
import { Templates } from '../../envoy/templates.ts'
import { fromHatch, HATCHES } from './hatches.ts'
import type { Outbound } from './outbound.ts'
import type { UpstreamConfig } from './upstream-config.ts'

const LOOPBACK = '127.0.0.1'

/** The listener of an upstream, or the one the user wrote for it; undefined when it has neither a port nor a socket. */
export function upstreamListener(
  config: UpstreamConfig,
  chain: CompiledChain,
  outbound: Outbound,
): Resource | undefined {
  const custom = chain.Default ? fromHatch(HATCHES.listener, config.options.listenerJson) : undefined
  if (custom !== undefined) return makeOwnResource('listener', () => custom)
  const {
    LocalBindSocketPath: path,
    LocalBindSocketMode: mode,
    LocalBindAddress,
    LocalBindPort: port,
  } = config.definition
  const values = valuesOf(config, chain)
  if (path) {
    const pipe = pipeAddress(path, Number.parseInt(mode || '0', 8) || 0)
    const named = { ...values, name: pipeListenerName(config.id, path) }
    return makeOwnResource('listener', () => makeUpstreamListener(named, pipe, { config, chain, outbound }))
  }
  if (!port) return undefined
  const bind = { address: LocalBindAddress || LOOPBACK, port }
  const key = JSON.stringify([outbound.listenersKey, chain.Default, chain.Protocol, config.options.exactBalance])
  const named = { ...values, name: listenerName(config.id, bind.address, port), bind }
  return templates
    .form(key, named, values => {
      const address = socketAddress(values.bind.address, values.bind.port)
      return makeUpstreamListener(values, address, { config, chain, outbound })
    })
    .resource()
}

/** What tells the listeners of most upstreams apart. */
type ListenerValues = {
  readonly name: string
  readonly statPrefix: string
  /** Of the route configuration, and of the virtual host inside. */
  readonly id: string
  readonly labels: string
  /** Absent when routes decide. */
  readonly cluster?: string
}

const templates = new Templates<ListenerValues & { readonly bind: SocketPlace }>('listener')

interface Context {
  readonly config: UpstreamConfig
  readonly chain: CompiledChain
  readonly outbound: Outbound
}

function makeUpstreamListener(values: ListenerValues, address: Address, context: Context) {
  return makeListener({
    name: values.name,
    address,
    direction: 'outbound',
    filterChains: [filterChain({ filters: [upstreamFilter(values, context)] })],
    accessLogs: logSinks(context.outbound.accessLogs).listener,
    exactBalance: context.config.options.exactBalance,
  })
}

function upstreamFilter(values: ListenerValues, { chain, outbound }: Context): Filter {
  const { statPrefix, labels, id, cluster = '' } = values
  const protocol = protocolOf(chain.Protocol)
  const accessLogs = logSinks(outbound.accessLogs).filters
  if (!isHttp(protocol)) return tcpProxyFilter({ cluster, statPrefix, accessLogs })
  const routes: RouteSource = chain.Default
    ? { by: 'inline', config: singleRoute({ name: id, virtualHost: labels, cluster }) }
    : { by: 'rds', name: id, fetchTimeoutMs: outbound.fetchTimeoutMs }
  return httpConnectionManager({
    statPrefix,
    protocol,
    routes,
    tracing: outbound.tracing,
    maxRequestHeadersKb: outbound.maxRequestHeadersKb,
    accessLogs,
  })
}

function valuesOf(config: UpstreamConfig, chain: CompiledChain): Omit<ListenerValues, 'name'> {
  const cluster = startCluster(chain)
  return { ...statNames(config, chain), id: config.id, ...(cluster === '' ? {} : { cluster }) }
}

/** What statistics and the inline virtual host are called after. */
function statNames({ chain: { service, namespace, peer } }: UpstreamConfig, chain: CompiledChain) {
  const labels = peer === '' ? upstreamLabels(chain) : `${service}.${namespace}.${peer}`
  return { labels, statPrefix: statName(`${peer === '' ? 'upstream' : 'upstream_peered'}.${labels}`) }
}

/** Where a chain that starts at a resolver leads; '' otherwise, and then routes decide. */
function startCluster(chain: CompiledChain): string {
  const start = chain.Nodes[chain.StartNode]
  return start?.Type === 'resolver' ? (resolverCluster(chain, start) ?? '') : ''
}
