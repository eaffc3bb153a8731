// Which registered service an Envoy is started for.

import { Fault } from '../../../../core/model/fault.ts'
import { nearest } from '../../../../lib/nearest.ts'
import { type AgentClient, apiPath, refusalOf } from '../../../../rim/client/agent-client.ts'
import { type Fields, fields, list, text } from '../../../answer.ts'
import type { Gateway } from './envoy-flags.ts'

export interface ProxyQuery {
  readonly id: string
  readonly nodeName: string
  /** Whether proxy-defaults and service-defaults are merged in. */
  readonly isMerged: boolean
}

/** The registration of a proxy. Throws Fault('not-found') with the registered proxies it may have been meant for. */
export async function readProxy(client: AgentClient, query: ProxyQuery): Promise<Fields> {
  if (query.nodeName !== '') return readCatalogProxy(client, query)
  const services = query.isMerged ? undefined : await registeredServices(client)
  if (services !== undefined) return services.get(query.id) ?? (await failUnknown(client, query.id))

  const response = await client.send({ path: apiPath('v1', 'agent', 'service', query.id) })
  if (response.status === 404) return failUnknown(client, query.id)
  if (response.status !== 200) throw refusalOf(response)
  return fields(JSON.parse(response.text))
}

/** The ID of the one sidecar registered for a service ID. */
export async function findSidecar(client: AgentClient, serviceId: string): Promise<string> {
  const services = await registeredServices(client)
  const wanted = serviceId.toLowerCase()
  const found = [...services].filter(([, service]) => {
    const target = text(fields(service.Proxy).DestinationServiceID)
    return service.Kind === 'connect-proxy' && target.toLowerCase() === wanted
  })
  if (found.length === 1) return found[0]![0]
  if (found.length > 1) throw tooMany(`sidecars for the service ID ${JSON.stringify(serviceId)}`, found)

  const message = services.has(serviceId)
    ? `add connect { sidecar_service {} } to its definition`
    : hintFor(
        serviceId,
        [...services].filter(([, service]) => text(service.Kind) === ''),
      )
  throw new Fault('not-found', `no sidecar is registered for the service ID ${JSON.stringify(serviceId)}; ${message}`)
}

/** The ID of the one gateway of a kind that is registered with the agent. */
export async function findGateway(client: AgentClient, gateway: Gateway): Promise<string> {
  const kind = `${gateway}-gateway`
  const found = [...(await registeredServices(client))].filter(([, service]) => service.Kind === kind)
  if (found.length === 1) return found[0]![0]
  if (found.length > 1) throw tooMany(`services of kind ${kind}`, found)
  const hint = '-register registers one'
  throw new Fault('not-found', `no service of kind ${kind} is registered with the agent; ${hint}`)
}

type Services = ReadonlyMap<string, Fields>

async function registeredServices(client: AgentClient): Promise<Services> {
  const answer = fields(await client.json({ path: '/v1/agent/services' }))
  return new Map(Object.entries(answer).map(([id, service]) => [id, fields(service)]))
}

async function readCatalogProxy(client: AgentClient, query: ProxyQuery): Promise<Fields> {
  const merge = query.isMerged ? { 'merge-central-config': 'true' } : {}
  const path = apiPath('v1', 'catalog', 'node-services', query.nodeName)
  const services = list(fields(await client.json({ path, query: merge })).Services)
  const found = services.find(service => service.ID === query.id)
  if (found !== undefined) return found
  const where = `on the node ${JSON.stringify(query.nodeName)}`
  throw new Fault('not-found', `no proxy with the ID ${JSON.stringify(query.id)} is registered ${where}`)
}

async function failUnknown(client: AgentClient, id: string): Promise<never> {
  const proxies = [...(await registeredServices(client))].filter(([, service]) => text(service.Kind) !== '')
  const message = `no proxy with the ID ${JSON.stringify(id)} is registered with the agent; ${hintFor(id, proxies)}`
  throw new Fault('not-found', message)
}

function tooMany(what: string, found: readonly (readonly [string, Fields])[]): Fault {
  const ids = found.map(([id]) => id).sort()
  return new Fault('conflict', `${found.length} ${what} are registered; choose one with -proxy-id: ${ids.join(', ')}`)
}

function hintFor(wanted: string, registered: readonly (readonly [string, Fields])[]): string {
  const ids = registered.map(([id]) => id).sort()
  if (ids.length === 0) return 'none is registered yet'
  const near = nearest(wanted, ids)
  const shown = ids.length > 10 ? `${ids.slice(0, 10).join(', ')} and ${ids.length - 10} more` : ids.join(', ')
  return `${near === undefined ? '' : `did you mean ${JSON.stringify(near)}? `}registered are ${shown}`
}
