// Effects of the agent API on checks: list, register, deregister, and what applications say of ttl checks.

import type { RouteRequest } from '../../core/api/define-route.ts'
import { encodeAgentCheck } from '../../core/api/encode-agent.ts'
import { CHECK_FIELDS } from '../../core/api/filter-fields.ts'
import { decodeBody } from '../../core/api/request-body.ts'
import { deregisterCheck, registerCheck, setMaintenance, unknownCheck } from '../../core/local/register.ts'
import { checkDefinition, STATUSES, type Status } from '../../core/model/check.ts'
import { Fault } from '../../core/model/fault.ts'
import { type LocalCheck, localCheckKey } from '../../core/model/local.ts'
import { isOfTenancy, type Tenancy } from '../../core/model/tenancy.ts'
import { localChecks } from '../../core/queries/agent.ts'
import { object, string } from '../../lib/schema.ts'
import type { Effect } from '../http/api-deps.ts'
import { filterRows } from '../http/filter-rows.ts'
import { emptyAnswer, type HttpAnswer, jsonAnswer } from '../http/message.ts'
import { inTenancy, maintenanceOf } from './agent-services.ts'
import type { AgentApiDeps } from './deps.ts'

/** The effects by the names their routes use. */
export function checkEffects(deps: AgentApiDeps): Readonly<Record<string, Effect>> {
  return {
    'agent-checks': async request => list(deps, request),
    'agent-check-register': async request => await register(deps, request),
    'agent-check-deregister': async request => await deregister(deps, request),
    'agent-check-pass': async request => await say(deps, request, 'passing', noteOf(request)),
    'agent-check-warn': async request => await say(deps, request, 'warning', noteOf(request)),
    'agent-check-fail': async request => await say(deps, request, 'critical', noteOf(request)),
    'agent-check-update': async request => await update(deps, request),
    'agent-maintenance': async request => await maintainNode(deps, request),
  }
}

function list(deps: AgentApiDeps, request: RouteRequest): HttpAnswer {
  const { store } = deps
  const checks = store.read(localChecks, undefined).value.filter(check => isShown(check, request.tenancy))
  const rows = checks.map(check => encodeAgentCheck(check, store.self.node))
  const shown = rows.filter(filterRows(request.query.get('filter') ?? '', CHECK_FIELDS))
  return jsonAnswer(Object.fromEntries(shown.map(check => [check.CheckID, check])))
}

/** Checks of the node belong to no namespace and are shown in each. */
function isShown(check: LocalCheck, tenancy: Tenancy): boolean {
  return check.ServiceID === '' ? check.Partition === tenancy.Partition : isOfTenancy(check, tenancy)
}

async function register(deps: AgentApiDeps, request: RouteRequest): Promise<HttpAnswer> {
  const decoded = decodeBody(checkDefinition, request)
  // A check of the node belongs to no namespace.
  const definition = decoded.ServiceID ? inTenancy(decoded, request) : decoded
  const options = { ...deps.registerOptions, replaceChecks: false }
  await deps.local.submit(state => registerCheck(state, definition, options))
  await deps.sync.settled()
  return emptyAnswer()
}

async function deregister(deps: AgentApiDeps, request: RouteRequest): Promise<HttpAnswer> {
  const { Namespace, Partition } = request.tenancy
  await deps.local.submit(state => deregisterCheck(state, Namespace, Partition, request.params.id ?? ''))
  await deps.sync.settled()
  return emptyAnswer()
}

function noteOf(request: RouteRequest): string {
  return request.query.get('note') ?? ''
}

const ttlUpdate = object({ Status: string(), Output: string() })

async function update(deps: AgentApiDeps, request: RouteRequest): Promise<HttpAnswer> {
  const { Status = '', Output = '' } = decodeBody(ttlUpdate, request)
  const status = STATUSES.find(each => each === Status)
  if (status === undefined) throw new Fault('invalid', `Invalid check status: '${Status}'`)
  return await say(deps, request, status, Output)
}

async function say(deps: AgentApiDeps, request: RouteRequest, status: Status, output: string): Promise<HttpAnswer> {
  const id = request.params.id ?? ''
  const key = localCheckKey({ ...request.tenancy, CheckID: id })
  if (deps.store.get('localChecks', key) === undefined) throw unknownCheck(id)
  if (!deps.updateTtl(key, status, output)) {
    throw new Fault('rejected', `CheckID "${id}" does not have associated TTL: its status is found by the agent itself`)
  }
  await deps.sync.settled()
  return emptyAnswer()
}

async function maintainNode(deps: AgentApiDeps, request: RouteRequest): Promise<HttpAnswer> {
  const change = maintenanceOf(request, '')
  await deps.local.submit(state => setMaintenance(state, { ...deps.registerOptions, replaceChecks: false }, change))
  await deps.sync.settled()
  return emptyAnswer()
}
