// Brings the peering scenario up: two agents that know nothing of each other, a token that links them, what west exports, three
// services and five Envoys.

import { accessLogs } from '../access-log.ts'
import { type Agent, agentIsReady, planAgent, startAgent } from '../agent.ts'
import { HEALTH_PATH, startEchoService, startRelayService } from '../echo-service.ts'
import { eventually, expectThat } from '../eventually.ts'
import { type Endpoint, spell } from '../loopback.ts'
import { type EnvoyProxy, meshGateway, proxyIsReady, startProxy } from '../proxy.ts'
import type { Stage } from '../scenario.ts'
import {
  findPlaces,
  type Mode,
  NETWORKS,
  type PeeringPlaces,
  PROTOCOLS,
  SERVICES,
  type TrustDomains,
} from './peering-places.ts'

interface Agents {
  readonly east: Agent
  readonly west: Agent
}

export interface PeeringMesh extends Agents {
  readonly places: PeeringPlaces
  readonly trust: TrustDomains
  /** Every Envoy by its name. */
  readonly proxies: ReadonlyMap<string, EnvoyProxy>
}

/** Everything up and linked, in mode remote. */
export async function startPeering(stage: Stage): Promise<PeeringMesh> {
  const agents = await stage.step('clusters', () => startAgents(stage))
  const places = await findPlaces(stage.loopback)
  await stage.step('peering', () => link(stage, agents))
  await stage.step('services', () => startServices(stage, agents, places))
  const proxies = await stage.step('proxies', () => startProxies(stage, agents, places))
  await stage.step('exports', () => exportServices(stage, agents))
  const trust = { east: await trustDomainOf(agents.east), west: await trustDomainOf(agents.west) }
  return { ...agents, places, trust, proxies }
}

/** Writes the mode of the proxies in a cluster, which log where requests go. */
export async function writeMode(agent: Agent, Mode: Mode): Promise<void> {
  const entry = { Kind: 'proxy-defaults', Name: 'global', MeshGateway: { Mode }, AccessLogs: accessLogs }
  await agent.call('PUT', '/v1/config', entry)
}

async function startAgents({ program, supervisor, loopback, signal }: Stage) {
  const start = async (name: 'east' | 'west') => {
    const address = await loopback.address(NETWORKS[name], 2)
    const plan = await planAgent(loopback, address, { datacenter: name, primary: name, joins: [] })
    return startAgent(program, plan, supervisor.folder)
  }
  const value = { east: await start('east'), west: await start('west') }
  for (const agent of [value.east, value.west]) await agentIsReady(agent, { signal })
  const done = `east at ${spell(value.east.plan.http)} and west at ${spell(value.west.plan.http)}, strangers to each other`
  return { done, value }
}

/** West makes a token, east takes it. */
async function link({ signal }: Stage, { east, west }: Agents) {
  await writeMode(east, 'remote')
  await writeMode(west, 'remote')
  const made = await west.call('POST', '/v1/peering/token', { PeerName: 'east' })
  const PeeringToken = typeof made === 'object' && made !== null && 'PeeringToken' in made ? made.PeeringToken : ''
  await east.call('POST', '/v1/peering/establish', { PeerName: 'west', PeeringToken })
  const isActive = async (agent: Agent, peer: string) => {
    const peering = await agent.call('GET', `/v1/peering/${peer}`)
    const state = typeof peering === 'object' && peering !== null && 'State' in peering ? peering.State : 'unknown'
    expectThat(state === 'ACTIVE', `${agent.plan.datacenter} says it is ${state}`)
  }
  const bothAgree = async () => {
    await isActive(east, 'west')
    await isActive(west, 'east')
  }
  await eventually('the peering is active', bothAgree, { signal })
  return { done: 'a token of west, taken by east; the link is up', value: undefined }
}

async function startServices(stage: Stage, { east, west }: Agents, places: PeeringPlaces) {
  for (const service of SERVICES) {
    const at = places.services[service]
    const echo = await startEchoService({ service, datacenter: 'west' }, at)
    stage.atEnd(echo.close)
    const web = await startRelayService(
      { service: 'web', datacenter: 'east' },
      places.web[service],
      places.forWeb[service],
    )
    stage.atEnd(web.close)
    const Protocol = PROTOCOLS[service]
    await west.call('PUT', '/v1/config', { Kind: 'service-defaults', Name: service, Protocol })
    await west.call('PUT', '/v1/agent/service/register', registration(service, at, places.sidecars[service], []))
  }
  const upstreams = SERVICES.map(service => ({
    DestinationName: service,
    DestinationPeer: 'west',
    LocalBindAddress: places.forWeb[service].address,
    LocalBindPort: places.forWeb[service].port,
  }))
  await east.call(
    'PUT',
    '/v1/agent/service/register',
    registration('web', places.web.api, places.webSidecar, upstreams),
  )
  const { api, ledger } = places.services
  const done = `web in east; api (http) at ${spell(api)} and ledger (tcp) at ${spell(ledger)} in west`
  return { done, value: undefined }
}

function registration(name: string, at: Endpoint, sidecar: Endpoint, upstreams: readonly object[]): object {
  return {
    ...{ Name: name, Address: at.address, Port: at.port },
    Check: { HTTP: `http://${spell(at)}${HEALTH_PATH}`, Interval: '1s' },
    Connect: {
      SidecarService: {
        Port: sidecar.port,
        Proxy: { LocalServiceAddress: at.address, Upstreams: upstreams },
      },
    },
  }
}

async function startProxies(stage: Stage, { east, west }: Agents, places: PeeringPlaces) {
  const { gateways, services, web } = places
  const launch = async (name: string, agent: Agent, address: string, selection: readonly string[]) => {
    const admin = { address, port: await stage.loopback.port(address, 19000) }
    return startProxy(stage.program, { name, agent, admin, selection })
  }
  const all = [
    await launch('east-gateway', east, gateways.east.lan.address, meshGateway(gateways.east.lan, gateways.east.wan)),
    await launch('west-gateway', west, gateways.west.lan.address, meshGateway(gateways.west.lan, gateways.west.wan)),
    await launch('web-sidecar', east, web.api.address, ['-sidecar-for', 'web']),
    await launch('api-sidecar', west, services.api.address, ['-sidecar-for', 'api']),
    await launch('ledger-sidecar', west, services.ledger.address, ['-sidecar-for', 'ledger']),
  ]
  await Promise.all(all.map(proxy => proxyIsReady(proxy, { signal: stage.signal })))
  const value = new Map(all.map(proxy => [proxy.name, proxy]))
  const wan = `${spell(gateways.east.wan)} and ${spell(gateways.west.wan)}`
  return { done: `five Envoys: gateways at ${wan} between the clusters, sidecars of web, api and ledger`, value }
}

/** What west lends to east arrives there once it is healthy. */
async function exportServices({ signal }: Stage, { east, west }: Agents) {
  const Services = SERVICES.map(Name => ({ Name, Consumers: [{ Peer: 'east' }] }))
  await west.call('PUT', '/v1/config', { Kind: 'exported-services', Name: 'default', Services })
  await eventually(
    'east knows the services of west, and its own gateway passes its check',
    async () => {
      for (const path of [
        ...SERVICES.map(name => `connect/${name}?peer=west&passing`),
        'service/mesh-gateway?passing',
      ]) {
        const found = await east.call('GET', `/v1/health/${path}`)
        expectThat(Array.isArray(found) && found.length > 0, `${path} is empty`)
      }
    },
    { signal },
  )
  return { done: 'west exports api and ledger to east, and east has heard of them', value: undefined }
}

async function trustDomainOf(agent: Agent): Promise<string> {
  const roots = await agent.call('GET', '/v1/connect/ca/roots')
  return typeof roots === 'object' && roots !== null && 'TrustDomain' in roots ? String(roots.TrustDomain) : ''
}
