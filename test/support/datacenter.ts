// A datacenter of a test: its server agent, and what a person would do there.

import { expect } from 'vitest'
import { type Agent, agentIsReady, planAgent, startAgent } from '../../src/sandbox/agent.ts'
import { type Endpoint, spell } from '../../src/sandbox/loopback.ts'
import type { Program } from '../../src/sandbox/program.ts'
import { type EnvoyProxy, proxyIsReady, startProxy } from '../../src/sandbox/proxy.ts'
import type { Mesh } from './mesh.ts'
import type { Protocol } from './protocols.ts'
import { CHECK_INTERVAL, Service, type ServicePlan } from './service.ts'
import { until } from './until.ts'

export interface DatacenterPlan {
  readonly name: string
  readonly networks: { readonly lan: number; readonly wan: number }
  readonly primary?: string
  readonly joins?: readonly string[]
}

export interface Gateway {
  readonly name: string
  readonly lan: Endpoint
  readonly wan: Endpoint
  readonly proxy: EnvoyProxy
}

export type Entry = { readonly Kind: string; readonly Name: string } & Readonly<Record<string, unknown>>

const FIRST_HOST = 20
const FIRST_GATEWAY_HOST = 100

export class Datacenter {
  readonly mesh: Mesh
  readonly name: string
  readonly networks: DatacenterPlan['networks']
  agent: Agent
  /** Starts its Envoys. */
  readonly #program: Program
  readonly #proxies: EnvoyProxy[] = []
  #hosts = FIRST_HOST
  #gateways = 0

  /** A datacenter whose agent runs, with the program that starts its Envoys: `connect envoy`. */
  constructor(mesh: Mesh, plan: DatacenterPlan, agent: Agent, program: Program = mesh.program) {
    this.mesh = mesh
    this.#program = program
    this.name = plan.name
    this.networks = plan.networks
    this.agent = agent
  }

  static async start(mesh: Mesh, plan: DatacenterPlan): Promise<Datacenter> {
    const { name, primary = name, joins = [] } = plan
    const address = await mesh.loopback.address(plan.networks.lan, 2)
    const agentPlan = await planAgent(mesh.loopback, address, { datacenter: name, primary, joins })
    return new Datacenter(mesh, plan, startAgent(mesh.program, agentPlan, mesh.supervisor.folder))
  }

  /** A partition of this datacenter: an agent of its own that is no server, on a network of its own. */
  async startPartition(partition: string, lan: number): Promise<Datacenter> {
    await this.agent.call('PUT', '/v1/partition', { Name: partition })
    const { mesh, networks, name: datacenter } = this
    const address = await mesh.loopback.address(lan, 2)
    const joins = [spell(this.agent.plan.server)]
    const agentPlan = await planAgent(mesh.loopback, address, {
      datacenter,
      primary: datacenter,
      joins,
      clientIn: partition,
    })
    const agent = startAgent(mesh.program, agentPlan, mesh.supervisor.folder)
    const started = new Datacenter(mesh, { name: partition, networks: { ...networks, lan } }, agent)
    await agentIsReady(agent, {})
    return started
  }

  /** Writes a configuration entry. */
  async write(entry: Entry): Promise<void> {
    await this.agent.call('PUT', '/v1/config', entry)
  }

  async delete(kind: string, name: string): Promise<void> {
    await this.agent.call('DELETE', `/v1/config/${kind}/${name}`)
  }

  /** The mode of all proxies, where people usually set it. `more` are further fields of proxy-defaults. */
  setMode(mode: string, more: Readonly<Record<string, unknown>> = {}): Promise<void> {
    return this.write({ Kind: 'proxy-defaults', Name: 'global', MeshGateway: { Mode: mode }, ...more })
  }

  /** Sends a service to another datacenter, as the tutorial does. */
  redirect(service: string, datacenter: string): Promise<void> {
    const Redirect = { Service: service, Datacenter: datacenter }
    return this.write({ Kind: 'service-resolver', Name: service, Redirect })
  }

  setProtocol(service: string, protocol: Protocol): Promise<void> {
    return this.write({ Kind: 'service-defaults', Name: service, Protocol: protocol })
  }

  /** Starts a service with its sidecar, and waits until both pass their checks. */
  startService(name: string, plan: Partial<ServicePlan> = {}): Promise<Service> {
    return Service.start(this, { name, ...plan })
  }

  /** Starts a mesh gateway and waits until its check passes. Each has an id of its own; all have the same name. */
  async startGateway(): Promise<Gateway> {
    const number = ++this.#gateways
    const name = number === 1 ? `${this.name} gateway` : `${this.name} gateway ${number}`
    const host = FIRST_GATEWAY_HOST + number
    const lan = await this.mesh.place(this.networks.lan, host, 8443)
    // Gateways of all datacenters share the network between them.
    const wan = await this.mesh.place(this.networks.wan, host + this.networks.lan - 100, 8443)
    const id = name.replaceAll(' ', '-')
    await this.agent.call('PUT', '/v1/agent/service/register', {
      Kind: 'mesh-gateway',
      ID: id,
      Name: 'mesh-gateway',
      Address: lan.address,
      Port: lan.port,
      TaggedAddresses: {
        lan: { Address: lan.address, Port: lan.port },
        wan: { Address: wan.address, Port: wan.port },
      },
      Proxy: { Config: { envoy_gateway_no_default_bind: true, envoy_gateway_bind_tagged_addresses: true } },
      Check: { TCP: spell(lan), Interval: CHECK_INTERVAL },
    })
    this.mesh.names.set(spell(lan), `${name} (lan)`)
    this.mesh.names.set(spell(wan), `${name} (wan)`)
    const proxy = await this.startProxy(name, id, lan.address)
    await this.passes('mesh-gateway', id)
    return { name, lan, wan, proxy }
  }

  /** Starts the Envoy of a registered proxy and waits until it listens. */
  async startProxy(name: string, id: string, address: string): Promise<EnvoyProxy> {
    const admin = { address, port: await this.mesh.loopback.port(address, 19000) }
    const { agent } = this
    const plan = { name: id, agent, admin, selection: ['-proxy-id', id] }
    const proxy = { ...startProxy(this.#program, plan), name }
    await proxyIsReady(proxy, {})
    this.mesh.proxies.push(proxy)
    this.#proxies.push(proxy)
    return proxy
  }

  /** Waits until an instance is in service, as others see it. */
  passes(service: string, id: string): Promise<void> {
    return until(`${id} in ${this.name} passes its checks`, async () => {
      const instances = await this.agent.call('GET', `/v1/health/service/${service}?passing`)
      expect(instances).toContainEqual(expect.objectContaining({ Service: expect.objectContaining({ ID: id }) }))
    })
  }

  /** Ends the agent as a power cut would. */
  killAgent(): Promise<void> {
    return this.agent.child.kill()
  }

  /** Starts the agent again with what it had. */
  async restartAgent(): Promise<void> {
    this.agent = startAgent(this.mesh.program, this.agent.plan, this.mesh.supervisor.folder)
    await agentIsReady(this.agent, {})
  }

  /** Waits until all Envoys that were started here hold a stream to the agent. */
  proxiesAreConnected(): Promise<void> {
    return until(`all proxies of ${this.name} are connected to the agent`, async () => {
      for (const { name, admin, child } of this.#proxies) {
        if (child.hasEnded) continue
        const stats = await admin.stats('^control_plane.connected_state$')
        expect([name, stats.get('control_plane.connected_state')]).toEqual([name, 1])
      }
    })
  }

  async trustDomain(): Promise<string> {
    const roots = await this.agent.call('GET', '/v1/connect/ca/roots')
    return typeof roots === 'object' && roots !== null && 'TrustDomain' in roots ? String(roots.TrustDomain) : ''
  }

  /** The next machine of this datacenter. */
  nextHost(): number {
    return this.#hosts++
  }
}
