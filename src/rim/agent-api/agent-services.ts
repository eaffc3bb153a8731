// Effects of the agent API on services: list, show, register, deregister, maintenance, health.

import type { RouteRequest } from '../../core/api/define-route.ts'
import { encodeAgentCheck, encodeAgentService } from '../../core/api/encode-agent.ts'
import { SERVICE_FIELDS } from '../../core/api/filter-fields.ts'
import { decodeBody } from '../../core/api/request-body.ts'
import { deregisterService, registerService, setMaintenance } from '../../core/local/register.ts'
import { Fault } from '../../core/model/fault.ts'
import { serviceDefinition } from '../../core/model/service.ts'
import { isOfTenancy } from '../../core/model/tenancy.ts'
import {
  localServiceHealth,
  localServices,
  type MergedService,
  mergedLocalService,
  type ServiceHealth,
} from '../../core/queries/agent.ts'
import { sha256Hex } from '../../lib/sha256.ts'
import type { Effect } from '../http/api-deps.ts'
import { filterRows } from '../http/filter-rows.ts'
import { emptyAnswer, type HttpAnswer, jsonAnswer, textAnswer } from '../http/message.ts'
import { waitOf } from '../http/read-options.ts'
import { watchUntil } from '../watch-until.ts'
import type { AgentApiDeps } from './deps.ts'

/** The effects by the names their routes use. */
export function serviceEffects(deps: AgentApiDeps): Readonly<Record<string, Effect>> {
  return {
    'agent-services': async request => list(deps, request),
    'agent-service': (request, { signal }) => show(deps, request, signal),
    'agent-service-register': async request => await register(deps, request),
    'agent-service-deregister': async request => await deregister(deps, request),
    'agent-service-maintenance': async request => await maintain(deps, request),
    'agent-health-service-id': async request => healthById(deps, request),
    'agent-health-service-name': async request => healthByName(deps, request),
  }
}

function list(deps: AgentApiDeps, request: RouteRequest): HttpAnswer {
  const rows = ownServices(deps, request)
  const encoded = rows.map(row => encodeAgentService(row, deps.store.self.datacenter, row.Instance.Proxy))
  const shown = encoded.filter(filterRows(request.query.get('filter') ?? '', SERVICE_FIELDS))
  return jsonAnswer(Object.fromEntries(shown.map(service => [service.ID, service])))
}

/** The services of this agent in the partition and namespace that the request is about. */
function ownServices({ store }: AgentApiDeps, { tenancy }: RouteRequest) {
  const { value: rows } = store.read(localServices, undefined)
  return rows.filter(row => isOfTenancy(row.Instance, tenancy))
}

/** One service; `?hash= holds the request until its content has another hash. */
async function show(deps: AgentApiDeps, request: RouteRequest, signal: AbortSignal): Promise<HttpAnswer> {
  const id = request.params.id ?? ''
  const arg = { ...request.tenancy, id }
  const hash = request.query.get('hash') ?? ''
  const waitMs = waitOf(request.query, deps.waits)
  const isNew = (value: MergedService | undefined) =>
    value === undefined || hash === '' || contentHash(deps, value) !== hash
  const value = await watchUntil(deps.store, mergedLocalService, arg, isNew, { waitMs, signal })
  if (value === undefined) throw new Fault('not-found', `unknown service ID: ${id}`)
  const ContentHash = contentHash(deps, value)
  const body = { ...encodeAgentService(value.row, deps.store.self.datacenter, value.proxy), ContentHash }
  return jsonAnswer(body, { headers: { 'X-Consul-ContentHash': ContentHash } })
}

function contentHash(deps: AgentApiDeps, { row, proxy }: MergedService): string {
  return sha256Hex(Buffer.from(JSON.stringify(encodeAgentService(row, deps.store.self.datacenter, proxy)))).slice(0, 16)
}

async function register(deps: AgentApiDeps, request: RouteRequest): Promise<HttpAnswer> {
  const definition = inTenancy(decodeBody(serviceDefinition, request), request)
  const replaceChecks = request.query.has('replace-existing-checks')
  await deps.local.submit(state => registerService(state, definition, { ...deps.registerOptions, replaceChecks }))
  await deps.sync.settled()
  return emptyAnswer()
}

/** A definition that does not say where it belongs means what the request is about. */
export function inTenancy<D extends { readonly Namespace?: string; readonly Partition?: string }>(
  definition: D,
  { tenancy }: RouteRequest,
): D {
  const Namespace = definition.Namespace || tenancy.Namespace
  return { ...definition, Namespace, Partition: definition.Partition || tenancy.Partition }
}

async function deregister(deps: AgentApiDeps, request: RouteRequest): Promise<HttpAnswer> {
  const { Namespace, Partition } = request.tenancy
  await deps.local.submit(state => deregisterService(state, Namespace, Partition, request.params.id ?? ''))
  await deps.sync.settled()
  return emptyAnswer()
}

async function maintain(deps: AgentApiDeps, request: RouteRequest): Promise<HttpAnswer> {
  const id = request.params.id ?? ''
  if (id === '') throw new Fault('invalid', 'Missing service ID')
  const change = maintenanceOf(request, id)
  await deps.local.submit(state => setMaintenance(state, { ...deps.registerOptions, replaceChecks: false }, change))
  await deps.sync.settled()
  return emptyAnswer()
}

/** Reads `?enable=` and `?reason=`. Throws Fault('invalid') with Consul's texts. */
export function maintenanceOf(request: RouteRequest, serviceId: string) {
  const text = request.query.get('enable')
  if (text === null || text === '') throw new Fault('invalid', 'Missing value for enable')
  if (text !== 'true' && text !== 'false')
    throw new Fault('invalid', `Invalid value for enable: ${JSON.stringify(text)}`)
  const { Namespace: namespace } = request.tenancy
  return { serviceId, namespace, enable: text === 'true', reason: request.query.get('reason') ?? '' }
}

const HEALTH_STATUS = { passing: 200, warning: 429, critical: 503, maintenance: 503 } as const

function healthById(deps: AgentApiDeps, request: RouteRequest): HttpAnswer {
  const health = deps.store.read(localServiceHealth, { ...request.tenancy, id: request.params.id ?? '' }).value
  if (health === undefined) {
    return healthAnswer(request, 404, 'critical', { AggregatedStatus: 'critical', Service: null, Checks: null })
  }
  return healthAnswer(request, HEALTH_STATUS[health.status], health.status, encodeHealth(deps, health))
}

function healthByName(deps: AgentApiDeps, request: RouteRequest): HttpAnswer {
  const rows = ownServices(deps, request).filter(row => row.Instance.Service === (request.params.name ?? ''))
  const healths = rows.flatMap(row => {
    const health = deps.store.read(localServiceHealth, { ...request.tenancy, id: row.Instance.ID }).value
    return health === undefined ? [] : [health]
  })
  if (healths.length === 0) return healthAnswer(request, 404, 'critical', [])
  const order = ['maintenance', 'critical', 'warning', 'passing'] as const
  const worst = order.find(status => healths.some(health => health.status === status)) ?? 'passing'
  return healthAnswer(
    request,
    HEALTH_STATUS[worst],
    worst,
    healths.map(health => encodeHealth(deps, health)),
  )
}

function encodeHealth(deps: AgentApiDeps, health: ServiceHealth) {
  const { self } = deps.store
  return {
    AggregatedStatus: health.status,
    Service: encodeAgentService(health.row, self.datacenter, health.row.Instance.Proxy),
    Checks: health.checks.map(check => encodeAgentCheck(check, self.node)),
  }
}

function healthAnswer(request: RouteRequest, status: number, word: string, body: unknown): HttpAnswer {
  if (request.query.get('format') === 'text') return textAnswer(status, word, { 'Content-Type': 'text/plain' })
  return jsonAnswer(body, { status })
}
