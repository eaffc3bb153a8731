// /v1/agent: the agent itself, what runs on it, and who else is there. What needs more than the store is done at the rim.

import { canRead, canWrite, OPEN, type Permission } from '../acl/permission.ts'
import { members } from '../queries/members.ts'
import { effect, type Method, type Route, type RouteRequest, read } from './define-route.ts'
import { encodeMember } from './encode-member.ts'
import { MEMBER_FIELDS } from './filter-fields.ts'

type Needs = Permission | ((request: RouteRequest) => readonly Permission[])

export const agentRoutes: readonly Route[] = [
  read({
    path: '/v1/agent/members',
    arg: request => ({
      isWan: request.query.has('wan') && request.query.get('wan') !== 'false',
      partition: request.tenancy.Partition,
    }),
    permissions: () => [canRead('node')],
    rows: MEMBER_FIELDS,
    query: members,
    answer: (rows, { keep }) => ({ json: rows.map(encodeMember).filter(keep) }),
    index: 'none',
  }),
  agent('GET', '/v1/agent/self', 'agent-self', canRead('agent')),
  agent('GET', '/v1/agent/version', 'agent-version', OPEN),
  agent('GET', '/v1/agent/host', 'agent-host', canRead('operator')),
  agent('GET', '/v1/agent/metrics', 'agent-metrics', canRead('agent')),
  agent('PUT', '/v1/agent/reload', 'agent-reload', canWrite('agent')),
  agent('PUT', '/v1/agent/leave', 'agent-leave', canWrite('agent')),
  agent('PUT', '/v1/agent/force-leave/:node', 'agent-force-leave', canWrite('operator')),
  agent('PUT', '/v1/agent/join/:address', 'agent-join', canWrite('agent')),
  agent('PUT', '/v1/agent/maintenance', 'agent-maintenance', canWrite('node')),

  agent('GET', '/v1/agent/services', 'agent-services', canRead('service')),
  agent('GET', '/v1/agent/service/:id', 'agent-service', canRead('service')),
  agent('PUT', '/v1/agent/service/register', 'agent-service-register', canWrite('service')),
  agent('PUT', '/v1/agent/service/deregister/:id', 'agent-service-deregister', canWrite('service')),
  agent('PUT', '/v1/agent/service/maintenance/:id', 'agent-service-maintenance', canWrite('service')),
  agent('GET', '/v1/agent/health/service/id/:id', 'agent-health-service-id', canRead('service')),
  agent('GET', '/v1/agent/health/service/name/:name', 'agent-health-service-name', named('service', 'name')),

  agent('GET', '/v1/agent/checks', 'agent-checks', canRead('node')),
  agent('PUT', '/v1/agent/check/register', 'agent-check-register', canWrite('node')),
  agent('PUT', '/v1/agent/check/deregister/:id', 'agent-check-deregister', canWrite('node')),
  agent('PUT', '/v1/agent/check/pass/:id', 'agent-check-pass', canWrite('node')),
  agent('PUT', '/v1/agent/check/warn/:id', 'agent-check-warn', canWrite('node')),
  agent('PUT', '/v1/agent/check/fail/:id', 'agent-check-fail', canWrite('node')),
  agent('PUT', '/v1/agent/check/update/:id', 'agent-check-update', canWrite('node')),
]

function agent(method: Method, path: string, name: string, needs: Needs): Route {
  return effect({ method, path, effect: name, permissions: typeof needs === 'function' ? needs : () => [needs] })
}

/** Reading the thing that a path parameter names. */
function named(resource: 'service', parameter: string): Needs {
  return request => [canRead(resource, request.params[parameter] ?? '')]
}
