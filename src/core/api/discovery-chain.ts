// /v1/discovery-chain: how requests for a service find instances.

import { parseDuration } from '../../lib/duration.ts'
import { duration, object, string } from '../../lib/schema.ts'
import { canRead } from '../acl/permission.ts'
import type { ChainNode, ChainTarget, CompiledChain } from '../chain/chain.ts'
import { Fault } from '../model/fault.ts'
import { meshGatewayConfig } from '../model/mesh-gateway-mode.ts'
import { type ChainArg, upstreamChain } from '../queries/upstream-chain.ts'
import { type Route, type RouteRequest, read } from './define-route.ts'
import { decodeBody } from './request-body.ts'
import { pathParam } from './request-params.ts'

export const discoveryChainRoutes: readonly Route[] = (['GET', 'POST'] as const).map(method =>
  read({
    method,
    path: '/v1/discovery-chain/:service',
    arg: chainArg,
    permissions: arg => [canRead('service', arg.service)],
    query: upstreamChain,
    answer: compiled =>
      compiled.ok ? { json: { Chain: encodeChain(compiled.chain) } } : new Fault('rejected', compiled.message),
  }),
)

function chainArg(request: RouteRequest): ChainArg {
  return {
    service: pathParam(request, 'service', 'chain name'),
    namespace: request.tenancy.Namespace,
    partition: request.tenancy.Partition,
    datacenter: request.query.get('compile-dc') || request.datacenter,
    overrides: overridesOf(request),
  }
}

const overrides = object({
  OverrideProtocol: string(),
  OverrideConnectTimeout: duration(),
  OverrideMeshGateway: meshGatewayConfig,
})

function overridesOf(request: RouteRequest): ChainArg['overrides'] {
  if (request.method !== 'POST') return {}
  const { OverrideProtocol, OverrideConnectTimeout, OverrideMeshGateway } = decodeBody(
    overrides,
    request,
    'Request decoding failed',
  )
  const connectTimeoutMs = parseDuration(OverrideConnectTimeout ?? '')
  return {
    ...(OverrideProtocol ? { protocol: OverrideProtocol } : {}),
    ...(connectTimeoutMs ? { connectTimeoutMs } : {}),
    ...(OverrideMeshGateway?.Mode ? { meshGatewayMode: OverrideMeshGateway.Mode } : {}),
  }
}

function encodeChain(chain: CompiledChain) {
  const nodes = Object.entries(chain.Nodes).map(([key, node]) => [key, encodeNode(node)])
  const targets = Object.entries(chain.Targets).map(([id, target]) => [id, encodeTarget(target)])
  return { ...chain, Nodes: Object.fromEntries(nodes), Targets: Object.fromEntries(targets) }
}

/** The one duration of a chain that Consul writes in nanoseconds. */
function encodeNode(node: ChainNode) {
  if (node.Type !== 'resolver' || node.Resolver.RequestTimeout === undefined) return node
  const nanoseconds = Math.round((parseDuration(node.Resolver.RequestTimeout) ?? 0) * 1e6)
  return { ...node, Resolver: { ...node.Resolver, RequestTimeout: nanoseconds } }
}

function encodeTarget(target: ChainTarget) {
  return target.Datacenter === '' ? { ...target, Datacenter: undefined } : target
}
