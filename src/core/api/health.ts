// /v1/health: instances with their checks, and checks by themselves.

import { canRead } from '../acl/permission.ts'
import { type HealthCheck, STATUSES, type Status } from '../model/check.ts'
import type { CheckServiceNode } from '../model/fact.ts'
import { Fault } from '../model/fault.ts'
import {
  type HealthArg,
  healthyConnectInstances,
  healthyInstances,
  nodeChecks,
  type StateArg,
  serviceChecks,
  stateChecks,
} from '../queries/health.ts'
import { instancesArg, nodeArg } from './catalog.ts'
import { type Presentation, type ReadAnswer, type Route, type RouteRequest, read } from './define-route.ts'
import { encodeCheck } from './encode-check.ts'
import { encodeInstance } from './encode-service.ts'
import { CHECK_FIELDS, INSTANCE_FIELDS } from './filter-fields.ts'
import { nodeMetaParam, parseFlag, pathParam, peerParam } from './request-params.ts'

export const healthRoutes: readonly Route[] = [
  read({
    path: '/v1/health/service/:service',
    arg: healthArg,
    permissions: arg => [canRead('service', arg.name.Name)],
    rows: INSTANCE_FIELDS,
    query: healthyInstances,
    answer: answerInstances,
  }),
  read({
    path: '/v1/health/connect/:service',
    arg: healthArg,
    permissions: arg => [canRead('service', arg.name.Name)],
    rows: INSTANCE_FIELDS,
    query: healthyConnectInstances,
    answer: answerInstances,
  }),
  read({
    path: '/v1/health/node/:node',
    arg: nodeArg,
    permissions: arg => [canRead('node', arg.node)],
    rows: CHECK_FIELDS,
    query: nodeChecks,
    answer: answerChecks,
  }),
  read({
    path: '/v1/health/checks/:service',
    arg: instancesArg,
    permissions: arg => [canRead('service', arg.name.Name)],
    rows: CHECK_FIELDS,
    query: serviceChecks,
    answer: answerChecks,
  }),
  read({
    path: '/v1/health/state/:state',
    spansNamespaces: true,
    arg: stateArg,
    permissions: () => [canRead('node')],
    rows: CHECK_FIELDS,
    query: stateChecks,
    answer: answerChecks,
  }),
]

function healthArg(request: RouteRequest): HealthArg {
  return { ...instancesArg(request), passing: passingParam(request) }
}

function passingParam(request: RouteRequest): boolean {
  const text = request.query.get('passing')
  if (text === null) return false
  const passing = text === '' || parseFlag(text)
  if (passing === undefined) throw new Fault('invalid', 'Invalid value for ?passing')
  return passing
}

function stateArg(request: RouteRequest): StateArg {
  const text = pathParam(request, 'state', 'check state')
  return { ...request.tenancy, state: stateOf(text), peer: peerParam(request), nodeMeta: nodeMetaParam(request) }
}

function stateOf(text: string): Status | 'any' {
  const state = [...STATUSES, 'any' as const].find(each => each === text)
  if (state !== undefined) return state
  throw new Fault('invalid', `Invalid check state "${text}"; allowed are any, ${STATUSES.join(', ')}`)
}

function answerInstances(instances: readonly CheckServiceNode[], { keep, showsTenancy }: Presentation): ReadAnswer {
  return { json: instances.filter(keep).map(instance => encodeInstance(instance, showsTenancy)) }
}

function answerChecks(checks: readonly HealthCheck[], { keep, showsTenancy }: Presentation): ReadAnswer {
  return { json: checks.filter(keep).map(check => encodeCheck(check, showsTenancy)) }
}
