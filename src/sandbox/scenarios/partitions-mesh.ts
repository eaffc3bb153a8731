// Brings the partitions scenario up: one agent, the partition `finance` with its export, registrations through the catalog (nodes
// of other partitions have no agent here), and four Envoys that are told their node and partition.

import { accessLogs } from '../access-log.ts'
import { type Agent, agentIsReady, planAgent, startAgent } from '../agent.ts'
import { startEchoService, startRelayService } from '../echo-service.ts'
import { spell } from '../loopback.ts'
import { type EnvoyProxy, proxyIsReady, startProxy } from '../proxy.ts'
import type { Stage } from '../scenario.ts'
import { findPlaces, type Mode, NETWORKS, type PartitionPlaces } from './partitions-places.ts'

export interface PartitionsMesh {
  readonly agent: Agent
  readonly places: PartitionPlaces
  readonly trustDomain: string
  readonly proxies: ReadonlyMap<string, EnvoyProxy>
}

/** Everything up, with no mode set anywhere. */
export async function startPartitions(stage: Stage): Promise<PartitionsMesh> {
  const agent = await stage.step('agent', () => start(stage))
  const places = await findPlaces(stage.loopback)
  await stage.step('tenancy', () => writeTenancy(stage, agent))
  await stage.step('services', () => register(stage, agent, places))
  const proxies = await stage.step('proxies', () => startProxies(stage, agent, places))
  const roots = Object(await agent.call('GET', '/v1/connect/ca/roots'))
  return { agent, places, proxies, trustDomain: String(roots.TrustDomain) }
}

/** Writes the mode of all proxies, and that of what web asks for; the sidecars log where requests go. */
export async function writeDefaults(
  _stage: Stage,
  agent: Agent,
  modes: { readonly proxyDefaults?: Mode | undefined; readonly serviceDefaults?: Mode | undefined },
): Promise<void> {
  for (const Partition of ['default', 'finance']) {
    await agent.call('PUT', '/v1/config', {
      ...{ Kind: 'proxy-defaults', Name: 'global', Partition, AccessLogs: accessLogs },
      MeshGateway: { Mode: modes.proxyDefaults ?? '' },
    })
  }
  const Mode = modes.serviceDefaults ?? ''
  await agent.call('PUT', '/v1/config', { Kind: 'service-defaults', Name: 'web', MeshGateway: { Mode } })
}

/** Registers the sidecar of web, with modes of its own where given. */
export async function registerWebSidecar(
  agent: Agent,
  places: PartitionPlaces,
  modes: { readonly instance?: Mode | undefined; readonly upstream?: Mode | undefined } = {},
): Promise<void> {
  const upstream = {
    DestinationName: 'billing',
    DestinationPartition: 'finance',
    LocalBindAddress: places.billingForWeb.address,
    LocalBindPort: places.billingForWeb.port,
    MeshGateway: { Mode: modes.upstream ?? '' },
  }
  const more = { MeshGateway: { Mode: modes.instance ?? '' }, Upstreams: [upstream] }
  await agent.call('PUT', '/v1/catalog/register', sidecar('web', 'default', places.web, places.webSidecar, more))
}

async function start({ program, supervisor, loopback, signal }: Stage) {
  const address = await loopback.address(NETWORKS.default, 2)
  const plan = await planAgent(loopback, address, { datacenter: 'dc1', primary: 'dc1', joins: [] })
  const agent = startAgent(program, plan, supervisor.folder)
  await agentIsReady(agent, { signal })
  return { done: `a server at ${spell(plan.http)}`, value: agent }
}

async function writeTenancy(stage: Stage, agent: Agent) {
  await stage.program.run(['partition', 'create', '-name', 'finance', '-description', 'money'], agent.env)
  await agent.call('PUT', '/v1/config', {
    ...{ Kind: 'exported-services', Name: 'finance', Partition: 'finance' },
    Services: [{ Name: 'billing', Consumers: [{ Partition: 'default' }] }],
  })
  await writeDefaults(stage, agent, {})
  return { done: 'partition finance, which exports billing to default', value: undefined }
}

async function register(stage: Stage, agent: Agent, places: PartitionPlaces) {
  const billing = await startEchoService({ service: 'billing', datacenter: 'finance' }, places.billing)
  stage.atEnd(billing.close)
  const web = await startRelayService({ service: 'web', datacenter: 'default' }, places.web, places.billingForWeb)
  stage.atEnd(web.close)
  await registerWebSidecar(agent, places)
  const { billing: at, billingSidecar } = places
  await agent.call('PUT', '/v1/catalog/register', sidecar('billing', 'finance', at, billingSidecar, {}))
  for (const partition of ['default', 'finance'] as const) {
    await agent.call('PUT', '/v1/catalog/register', gateway(partition, places))
  }
  return { done: `web at ${spell(places.web)} in default, billing at ${spell(at)} in finance`, value: undefined }
}

function sidecar(
  service: string,
  Partition: string,
  at: { readonly address: string; readonly port: number },
  proxy: { readonly address: string; readonly port: number },
  more: object,
) {
  const proxyBlock = {
    DestinationServiceName: service,
    LocalServiceAddress: at.address,
    LocalServicePort: at.port,
    ...more,
  }
  const name = `${service}-sidecar-proxy`
  const Service = { Service: name, Kind: 'connect-proxy', Address: proxy.address, Port: proxy.port, Proxy: proxyBlock }
  return { Node: `${service}-node`, Address: proxy.address, Partition, Service }
}

function gateway(Partition: 'default' | 'finance', places: PartitionPlaces) {
  const { lan, wan } = places.gateways[Partition]
  const Config = { envoy_gateway_no_default_bind: true, envoy_gateway_bind_tagged_addresses: true }
  const tagged = (place: typeof lan) => ({ Address: place.address, Port: place.port })
  const Service = {
    ...{ Service: 'mesh-gateway', Kind: 'mesh-gateway', Address: lan.address, Port: lan.port },
    TaggedAddresses: { lan: tagged(lan), wan: tagged(wan) },
    Proxy: { Config },
  }
  return { Node: `${Partition}-gateway`, Address: lan.address, Partition, Service }
}

async function startProxies(stage: Stage, agent: Agent, places: PartitionPlaces) {
  const launch = async (name: string, address: string, selection: readonly string[]) => {
    const admin = { address, port: await stage.loopback.port(address, 19000) }
    return startProxy(stage.program, { name, agent, admin, selection })
  }
  const inFinance = ['-partition', 'finance']
  const gatewayOn = (node: string) => ['-gateway', 'mesh', '-proxy-id', 'mesh-gateway', '-node-name', node]
  const sidecarOn = (service: string) => ['-proxy-id', `${service}-sidecar-proxy`, '-node-name', `${service}-node`]
  const { gateways, web, billing } = places
  const all = [
    await launch('default-gateway', gateways.default.lan.address, gatewayOn('default-gateway')),
    await launch('finance-gateway', gateways.finance.lan.address, [...gatewayOn('finance-gateway'), ...inFinance]),
    await launch('web-sidecar', web.address, sidecarOn('web')),
    await launch('billing-sidecar', billing.address, [...sidecarOn('billing'), ...inFinance]),
  ]
  await Promise.all(all.map(proxy => proxyIsReady(proxy, { signal: stage.signal })))
  const value = new Map(all.map(proxy => [proxy.name, proxy]))
  return { done: 'four Envoys: a gateway for each partition, sidecars of web and billing', value }
}
