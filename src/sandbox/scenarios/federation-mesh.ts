// Brings the federation scenario up: two agents, their configuration entries, two services and four Envoys, each the way a
// user would do it.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { accessLogs } from '../access-log.ts'
import { type Agent, agentIsReady, agentKnows, planAgent, startAgent } from '../agent.ts'
import { HEALTH_PATH, startEchoService, startRelayService } from '../echo-service.ts'
import { eventually, expectThat } from '../eventually.ts'
import { type Endpoint, spell } from '../loopback.ts'
import { type EnvoyProxy, meshGateway, proxyIsReady, startProxy } from '../proxy.ts'
import type { Stage } from '../scenario.ts'
import { findPlaces, type Mode, NETWORKS, type Places } from './federation-places.ts'

interface Agents {
  readonly onprem: Agent
  readonly cloud: Agent
}

export interface Mesh extends Agents {
  readonly places: Places
  readonly trustDomain: string
  /** Every Envoy by its name. */
  readonly proxies: ReadonlyMap<string, EnvoyProxy>
}

/** Everything up, healthy, and in mode none. */
export async function startMesh(stage: Stage): Promise<Mesh> {
  const agents = await stage.step('agents', () => startAgents(stage))
  await stage.step('configuration', () => writeEntries(stage, agents.onprem))
  const places = await findPlaces(stage.loopback)
  await stage.step('services', () => startServices(stage, agents, places))
  const proxies = await stage.step('proxies', () => startProxies(stage, agents, places))
  await stage.step('health', () => waitForHealth(stage, agents))
  const trustDomain = trustDomainOf(await agents.onprem.call('GET', '/v1/connect/ca/roots'))
  return { ...agents, places, proxies, trustDomain }
}

/** Writes proxy-defaults with this mode, and the access logs that show where requests go. */
export async function writeMode(stage: Stage, onprem: Agent, mode: Mode): Promise<void> {
  const defaults = writeFile(
    stage,
    'global_defaults.hcl',
    `Kind = "proxy-defaults"
Name = "global"

MeshGateway {
  Mode = "${mode}"
}

AccessLogs {
  Enabled    = true
  JSONFormat = ${JSON.stringify(accessLogs.JSONFormat)}
}
`,
  )
  await stage.program.run(['config', 'write', defaults], onprem.env)
}

async function startAgents({ program, supervisor, loopback, signal }: Stage) {
  const onpremAddress = await loopback.address(NETWORKS.onprem, 2)
  const cloudAddress = await loopback.address(NETWORKS.cloud, 2)
  const first = await planAgent(loopback, onpremAddress, { datacenter: 'onprem', primary: 'onprem', joins: [] })
  const joins = [spell(first.serfWan)]
  const second = await planAgent(loopback, cloudAddress, { datacenter: 'cloud', primary: 'onprem', joins })
  const onprem = startAgent(program, first, supervisor.folder)
  const cloud = startAgent(program, second, supervisor.folder)
  for (const agent of [onprem, cloud]) {
    await agentIsReady(agent, { signal })
    await agentKnows(agent, ['onprem', 'cloud'], { signal })
  }
  const done = `onprem at ${spell(first.http)} and cloud at ${spell(second.http)}, federated`
  return { done, value: { onprem, cloud } }
}

async function writeEntries(stage: Stage, onprem: Agent) {
  await writeMode(stage, onprem, 'none')
  const resolver = writeFile(
    stage,
    'api_resolver.hcl',
    `Kind = "service-resolver"
Name = "api"

Redirect {
  Service    = "api"
  Datacenter = "cloud"
}
`,
  )
  await stage.program.run(['config', 'write', resolver], onprem.env)
  return { done: 'proxy-defaults, and a service-resolver that sends api to cloud', value: undefined }
}

async function startServices(stage: Stage, { onprem, cloud }: Agents, places: Places) {
  const api = await startEchoService({ service: 'api', datacenter: 'cloud' }, places.api)
  stage.atEnd(api.close)
  const web = await startRelayService({ service: 'web', datacenter: 'onprem' }, places.web, places.apiForWeb)
  stage.atEnd(web.close)

  const upstream = `
        upstreams = [
          {
            destination_name   = "api"
            local_bind_address = "${places.apiForWeb.address}"
            local_bind_port    = ${places.apiForWeb.port}
          }
        ]`
  const webFile = writeFile(stage, 'web.hcl', serviceText('web', places.web, places.webSidecar, upstream))
  const apiFile = writeFile(stage, 'api.hcl', serviceText('api', places.api, places.apiSidecar, ''))
  await Promise.all([
    stage.program.run(['services', 'register', webFile], onprem.env),
    stage.program.run(['services', 'register', apiFile], cloud.env),
  ])
  return { done: `web at ${spell(places.web)} in onprem, api at ${spell(places.api)} in cloud`, value: undefined }
}

function serviceText(name: string, service: Endpoint, sidecar: Endpoint, upstreams: string): string {
  return `service {
  name    = "${name}"
  address = "${service.address}"
  port    = ${service.port}

  check {
    http     = "http://${spell(service)}${HEALTH_PATH}"
    interval = "1s"
  }

  connect {
    sidecar_service {
      port = ${sidecar.port}

      proxy {
        local_service_address = "${service.address}"${upstreams}
      }
    }
  }
}
`
}

async function startProxies(stage: Stage, { onprem, cloud }: Agents, places: Places) {
  const { onpremGateway, cloudGateway, web, api } = places
  const start = async (name: string, agent: Agent, address: string, selection: readonly string[]) => {
    const admin = { address, port: await stage.loopback.port(address, 19000) }
    return startProxy(stage.program, { name, agent, admin, selection })
  }
  const all = [
    await start('onprem-gateway', onprem, onpremGateway.lan.address, meshGateway(onpremGateway.lan, onpremGateway.wan)),
    await start('cloud-gateway', cloud, cloudGateway.lan.address, meshGateway(cloudGateway.lan, cloudGateway.wan)),
    await start('web-sidecar', onprem, web.address, ['-sidecar-for', 'web']),
    await start('api-sidecar', cloud, api.address, ['-sidecar-for', 'api']),
  ]
  await Promise.all(all.map(proxy => proxyIsReady(proxy, { signal: stage.signal })))
  const value = new Map(all.map(proxy => [proxy.name, proxy]))
  const gateways = `gateways at ${spell(onpremGateway.wan)} and ${spell(cloudGateway.wan)} on the WAN`
  return { done: `four Envoys: ${gateways}, sidecars of web and api`, value }
}

/** The gateways and the sidecar of api are in use only once their checks pass, so the first request waits for that. */
async function waitForHealth({ signal }: Stage, { onprem, cloud }: Agents) {
  const passes = async (agent: Agent, service: string) => {
    const instances = await agent.call('GET', `/v1/health/service/${service}?passing`)
    expectThat(
      Array.isArray(instances) && instances.length > 0,
      `${service} in ${agent.plan.datacenter} is not healthy yet`,
    )
  }
  await eventually(
    'all checks pass',
    async () => {
      await passes(onprem, 'mesh-gateway')
      await passes(cloud, 'mesh-gateway')
      await passes(cloud, 'api-sidecar-proxy')
    },
    { signal },
  )
  return { done: 'the checks of gateways and sidecars pass', value: undefined }
}

function trustDomainOf(roots: unknown): string {
  return typeof roots === 'object' && roots !== null && 'TrustDomain' in roots ? String(roots.TrustDomain) : ''
}

function writeFile({ supervisor }: Stage, name: string, text: string): string {
  const path = join(supervisor.folder, name)
  writeFileSync(path, text)
  return path
}
