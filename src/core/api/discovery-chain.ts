// /v1/discovery-chain: how requests for a service find instances.

import { parseDuration } from '../../lib/duration.ts'
import { duration, object, string } from '../../lib/schema.ts'
import { canRead } from '../acl/permission.ts'
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
    answer: compiled => (compiled.ok ? { json: { Chain: compiled.chain } } : new Fault('rejected', compiled.message)),
  }),
)

function chainArg(request: RouteRequest): ChainArg {
  return {
    service: pathParam(request, 'service', 'service name'),
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
  if (request.method !== 'POST' || request.body === undefined) return {}
  const { OverrideProtocol, OverrideConnectTimeout, OverrideMeshGateway } = decodeBody(overrides, request)
  const connectTimeoutMs = parseDuration(OverrideConnectTimeout ?? '')
  return {
    ...(OverrideProtocol ? { protocol: OverrideProtocol } : {}),
    ...(connectTimeoutMs ? { connectTimeoutMs } : {}),
    ...(OverrideMeshGateway?.Mode ? { meshGatewayMode: OverrideMeshGateway.Mode } : {}),
  }
}
