// /v1/internal: whole groups of instances, and where the upstreams of a service's sidecars lead.

import { canRead } from '../acl/permission.ts'
import { type ExplainedProxy, type ExplainedUpstream, explainProxies } from '../proxies/explain.ts'
import { kindInstances } from '../queries/instances.ts'
import { type Route, read } from './define-route.ts'
import { encodeInstance } from './encode-service.ts'
import { INSTANCE_FIELDS } from './filter-fields.ts'
import { pathService } from './request-params.ts'

export const internalRoutes: readonly Route[] = [
  read({
    path: '/v1/internal/mesh-gateways',
    arg: request => ({ kind: 'mesh-gateway' as const, partition: request.tenancy.Partition, peer: '' }),
    permissions: () => [canRead('service')],
    rows: INSTANCE_FIELDS,
    query: kindInstances,
    answer: (instances, { keep, showsTenancy }) => ({
      json: instances.filter(keep).map(instance => encodeInstance(instance, showsTenancy)),
    }),
  }),
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
