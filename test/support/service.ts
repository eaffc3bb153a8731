// A service of a test, with its sidecar: answers others, and asks its upstreams.

import { expect } from 'vitest'
import { hostsOfCluster } from '../../src/sandbox/envoy-admin.ts'
import { type Endpoint, spell } from '../../src/sandbox/loopback.ts'
import type { EnvoyProxy } from '../../src/sandbox/proxy.ts'
import type { Datacenter } from './datacenter.ts'
import { type Answer, askEcho, type Protocol, startEcho } from './protocols.ts'
import { startTraffic, type Traffic } from './traffic.ts'
import { until } from './until.ts'

/** Checks run often, so that tests need not wait for them. */
export const CHECK_INTERVAL = '300ms'

export interface ServicePlan {
  readonly name: string
  /** Differs from the name where a service has several instances. */
  readonly id: string
  readonly protocol: Protocol
  /** Services it asks, with further fields of the upstream. */
  readonly upstreams: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** Further fields of the sidecar's Proxy block. */
  readonly proxy: Readonly<Record<string, unknown>>
}

export class Service {
  readonly datacenter: Datacenter
  readonly plan: ServicePlan
  readonly at: Endpoint
  readonly sidecarAt: Endpoint
  /** Where the sidecar offers each upstream. */
  readonly upstreamAt: ReadonlyMap<string, Endpoint>
  #sidecar: EnvoyProxy | undefined
  #stopEcho: () => Promise<void> = async () => {}

  private constructor(
    datacenter: Datacenter,
    plan: ServicePlan,
    places: Pick<Service, 'at' | 'sidecarAt' | 'upstreamAt'>,
  ) {
    this.datacenter = datacenter
    this.plan = plan
    this.at = places.at
    this.sidecarAt = places.sidecarAt
    this.upstreamAt = places.upstreamAt
  }

  static async start(
    datacenter: Datacenter,
    given: Partial<ServicePlan> & { readonly name: string },
  ): Promise<Service> {
    const plan: ServicePlan = { id: given.name, protocol: 'tcp', upstreams: {}, proxy: {}, ...given }
    const { mesh, networks } = datacenter
    const host = datacenter.nextHost()
    const at = await mesh.place(networks.lan, host, 9090)
    const sidecarAt = await mesh.place(networks.lan, host, 21000)
    const upstreamAt = new Map<string, Endpoint>()
    for (const name of Object.keys(plan.upstreams)) upstreamAt.set(name, await mesh.place(networks.lan, host, 10000))
    const service = new Service(datacenter, plan, { at, sidecarAt, upstreamAt })
    await service.#start()
    return service
  }

  get sidecar(): EnvoyProxy {
    if (this.#sidecar === undefined) throw new Error(`${this.plan.id} has no sidecar yet`)
    return this.#sidecar
  }

  /** Registers the service again, with other fields of the Proxy block or of its upstreams. */
  async register(change: Partial<Pick<ServicePlan, 'upstreams' | 'proxy'>> = {}): Promise<void> {
    const { name, id } = this.plan
    const { upstreams, proxy } = { ...this.plan, ...change }
    await this.datacenter.agent.call('PUT', '/v1/agent/service/register', {
      ID: id,
      Name: name,
      Address: this.at.address,
      Port: this.at.port,
      Check: { TCP: spell(this.at), Interval: CHECK_INTERVAL },
      Connect: {
        SidecarService: {
          Port: this.sidecarAt.port,
          Checks: [{ Name: 'sidecar', TCP: spell(this.sidecarAt), Interval: CHECK_INTERVAL }, { AliasService: id }],
          Proxy: {
            LocalServiceAddress: this.at.address,
            Upstreams: Object.entries(upstreams).map(([upstream, more]) => ({
              DestinationName: upstream,
              LocalBindAddress: this.upstreamAt.get(upstream)?.address,
              LocalBindPort: this.upstreamAt.get(upstream)?.port,
              ...more,
            })),
            ...proxy,
          },
        },
      },
    })
  }

  /** Sends one request to an upstream, through the sidecar. */
  ask(upstream: string, protocol: Protocol = this.plan.protocol): Promise<Answer> {
    return askEcho(protocol, this.#upstream(upstream))
  }

  /** Waits until the upstream answers. */
  reaches(upstream: string, expected: Partial<Answer>): Promise<void> {
    return this.reachesOver(this.plan.protocol, upstream, expected)
  }

  reachesOver(protocol: Protocol, upstream: string, expected: Partial<Answer>): Promise<void> {
    return until(`${this.plan.name} reaches ${upstream}`, async () => {
      expect(await this.ask(upstream, protocol)).toMatchObject(expected)
    })
  }

  /** Asks an upstream over and over until told to stop; each request is tried so many times, once unless said. */
  keepAsking(upstream: string, { attempts = 1 } = {}): Traffic {
    return startTraffic(() => this.ask(upstream), attempts)
  }

  /** Waits until the sidecar sends the upstream's requests to exactly these places. */
  dials(upstream: string, ...places: readonly Endpoint[]): Promise<void> {
    const wanted = places.map(spell).sort()
    return until(`the sidecar of ${this.plan.name} dials ${wanted.join(' and ')} for ${upstream}`, async () => {
      const cluster = new RegExp(`(^|~)${upstream}\\.default\\.[^.]+\\.internal\\.`)
      expect(await hostsOfCluster(this.sidecar.admin, cluster)).toEqual(wanted)
    })
  }

  /** Stops answering; the sidecar stays. */
  stopAnswering(): Promise<void> {
    return this.#stopEcho()
  }

  /** Answers again. */
  async startAnswering(): Promise<void> {
    const { name, protocol } = this.plan
    const echo = await startEcho(protocol, { service: name, datacenter: this.datacenter.name }, this.at)
    this.#stopEcho = () => {
      this.#stopEcho = async () => {}
      return echo.close()
    }
  }

  async #start(): Promise<void> {
    const { datacenter, plan } = this
    const { mesh } = datacenter
    await this.startAnswering()
    mesh.atEnd(() => this.stopAnswering())
    await this.register()
    mesh.names.set(spell(this.sidecarAt), plan.id)
    this.#sidecar = await datacenter.startProxy(plan.id, `${plan.id}-sidecar-proxy`, this.at.address)
    await datacenter.passes(`${plan.name}-sidecar-proxy`, `${plan.id}-sidecar-proxy`)
  }

  #upstream(name: string): Endpoint {
    const at = this.upstreamAt.get(name)
    if (at === undefined) throw new Error(`${this.plan.name} has no upstream ${name}`)
    return at
  }
}
