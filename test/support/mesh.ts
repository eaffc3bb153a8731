// A mesh of real agents and real Envoys for tests: datacenters that federate, gateways, services with sidecars.

import { join } from 'node:path'
import { agentIsReady, agentKnows } from '../../src/sandbox/agent.ts'
import { claimLoopback, type Loopback, spell } from '../../src/sandbox/loopback.ts'
import { isthmusProgram, type Program } from '../../src/sandbox/program.ts'
import type { EnvoyProxy } from '../../src/sandbox/proxy.ts'
import { Supervisor } from '../../src/sandbox/supervisor.ts'
import { Datacenter } from './datacenter.ts'

const BINARY = join(import.meta.dirname, '../../bin/isthmus')

/** Networks of tests, by the second number of their addresses. */
export const NETWORKS = { first: 110, second: 120, wan: 130, third: 180 } as const

export class Mesh {
  readonly supervisor = new Supervisor('isthmus-test')
  readonly program: Program = isthmusProgram(BINARY, this.supervisor)
  readonly loopback: Loopback
  readonly proxies: EnvoyProxy[] = []
  /** Names of `address:port`, for paths that read well. */
  readonly names = new Map<string, string>()
  readonly #closers: (() => Promise<void>)[] = []

  constructor(loopback: Loopback) {
    this.loopback = loopback
  }

  atEnd(close: () => Promise<void>): void {
    this.#closers.push(close)
  }

  /** An address of a network that no one has yet, with a free port as wished. */
  async place(network: number, host: number, port: number) {
    const address = await this.loopback.address(network, host)
    return { address, port: await this.loopback.port(address, port) }
  }

  /**
   * The hops that make new connections while something is done, in the order of the proxies: `web -> cloud gateway (wan)`.
   * Connections to the proxy's own service or agent are left out.
   */
  async pathOf(action: () => Promise<unknown>): Promise<readonly string[]> {
    const before = await this.#connections()
    await action()
    const after = await this.#connections()
    return [...after].flatMap(([hop, count]) => (count > (before.get(hop) ?? 0) ? [hop] : []))
  }

  async stop(): Promise<void> {
    await this.supervisor.stop()
    await Promise.all([...this.#closers.map(close => close()), this.loopback.release()])
  }

  async #connections(): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>()
    for (const { name, admin, child } of this.proxies) {
      if (child.hasEnded) continue
      for (const host of await admin.hosts()) {
        if (host.cluster === 'local_app' || host.cluster === 'local_agent') continue
        const hop = `${name} -> ${this.names.get(host.address) ?? host.address}`
        counts.set(hop, (counts.get(hop) ?? 0) + host.connections)
      }
    }
    return counts
  }
}

export interface Federation {
  readonly mesh: Mesh
  /** The primary. */
  readonly onprem: Datacenter
  readonly cloud: Datacenter
}

/** Two federated datacenters with a server each, ready for use. */
export async function startFederation(): Promise<Federation> {
  const mesh = new Mesh(await claimLoopback(NETWORKS.first))
  try {
    const networks = { wan: NETWORKS.wan }
    const onprem = await Datacenter.start(mesh, { name: 'onprem', networks: { lan: NETWORKS.first, ...networks } })
    const joins = { primary: 'onprem', joins: [spell(onprem.agent.plan.serfWan)] }
    const cloud = await Datacenter.start(mesh, {
      name: 'cloud',
      networks: { lan: NETWORKS.second, ...networks },
      ...joins,
    })
    for (const { agent } of [onprem, cloud]) {
      await agentIsReady(agent, {})
      await agentKnows(agent, ['onprem', 'cloud'], {})
    }
    return { mesh, onprem, cloud }
  } catch (error) {
    await mesh.stop()
    throw error
  }
}

/** One datacenter with a server, ready for use. */
export async function startSingle(): Promise<{ readonly mesh: Mesh; readonly onprem: Datacenter }> {
  const mesh = new Mesh(await claimLoopback(NETWORKS.first))
  try {
    const networks = { lan: NETWORKS.first, wan: NETWORKS.wan }
    const onprem = await Datacenter.start(mesh, { name: 'onprem', networks })
    await agentIsReady(onprem.agent, {})
    return { mesh, onprem }
  } catch (error) {
    await mesh.stop()
    throw error
  }
}
