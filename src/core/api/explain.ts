// /v1/internal/explain-upstreams: where the upstreams of a service's sidecars lead. Apart from the other routes because it needs
// what sidecars are made of, Envoy's API included, which takes long to load.

import { canRead } from '../acl/permission.ts'
import { type ExplainedProxy, type ExplainedUpstream, explainProxies } from '../proxies/explain.ts'
import { type Route, read } from './define-route.ts'
import { pathService } from './request-params.ts'

export const explainRoutes: readonly Route[] = [
  read({
    path: '/v1/internal/explain-upstreams/:service',
    arg: request => pathService(request),
    permissions: name => [canRead('service', name.Name)],
    query: explainProxies,
    answer: proxies => ({ json: proxies.map(encodeProxy) }),
  }),
]
function encodeProxy({ node, id, service, upstreams, problems }: ExplainedProxy) {
  return { Node: node, ID: id, Service: service, Upstreams: upstreams.map(encodeUpstream), Problems: problems }
}

function encodeUpstream({ id, targets, problems }: ExplainedUpstream) {
  const shown = targets.map(({ id: ID, mode, instances, healthy, gateways }) => {
    return { ID, Mode: mode, Instances: instances, Healthy: healthy, Gateways: gateways }
  })
  return { Upstream: id, Targets: shown, Problems: problems }
}
