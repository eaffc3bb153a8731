// Two clusters of a test that share nothing but the token with which they were linked.

import { expect } from 'vitest'
import { agentIsReady } from '../../src/sandbox/agent.ts'
import { hostsOfCluster } from '../../src/sandbox/envoy-admin.ts'
import { claimLoopback, type Endpoint, spell } from '../../src/sandbox/loopback.ts'
import { Datacenter, type DatacenterPlan } from './datacenter.ts'
import { Mesh } from './mesh.ts'
import type { Service } from './service.ts'
import { until } from './until.ts'

/** Networks of these tests, by the second number of their addresses. */
const NETWORKS = { east: 140, west: 150, wan: 160 } as const

export interface Peers {
  readonly mesh: Mesh
  readonly east: Datacenter
  readonly west: Datacenter
}

type StartDatacenter = (mesh: Mesh, plan: DatacenterPlan) => Promise<Datacenter>

/** Two clusters of one server each, ready for use and not linked yet; west may be of another make. */
export async function startPeers(startWest: StartDatacenter = Datacenter.start): Promise<Peers> {
  const mesh = new Mesh(await claimLoopback(NETWORKS.east))
  try {
    const plan = (name: 'east' | 'west') => ({ name, networks: { lan: NETWORKS[name], wan: NETWORKS.wan } })
    const [east, west] = [await Datacenter.start(mesh, plan('east')), await startWest(mesh, plan('west'))]
    for (const { agent } of [east, west]) await agentIsReady(agent, {})
    return { mesh, east, west }
  } catch (error) {
    await mesh.stop()
    throw error
  }
}

/** Links two clusters as the tutorial does: one makes a token, the other takes it. Each calls the other by its datacenter. */
export async function linkPeers(acceptor: Datacenter, dialer: Datacenter): Promise<void> {
  const made = await acceptor.agent.call('POST', '/v1/peering/token', { PeerName: dialer.name })
  const PeeringToken = typeof made === 'object' && made !== null && 'PeeringToken' in made ? made.PeeringToken : ''
  await dialer.agent.call('POST', '/v1/peering/establish', { PeerName: acceptor.name, PeeringToken })
  await peerIs(acceptor, dialer.name, { State: 'ACTIVE' })
  await peerIs(dialer, acceptor.name, { State: 'ACTIVE' })
}

/** Waits until a peering looks as expected. */
export function peerIs(datacenter: Datacenter, peer: string, expected: object): Promise<void> {
  return until(`${datacenter.name} shows its peer ${peer} as ${JSON.stringify(expected)}`, async () => {
    expect(await datacenter.agent.call('GET', `/v1/peering/${peer}`)).toMatchObject(expected)
  })
}

/** Lets a peer use these services, and nothing else. */
export function exportTo(datacenter: Datacenter, peer: string, ...services: readonly string[]): Promise<void> {
  const Services = services.map(Name => ({ Name, Consumers: [{ Peer: peer }] }))
  if (Services.length === 0) return datacenter.delete('exported-services', 'default')
  return datacenter.write({ Kind: 'exported-services', Name: 'default', Services })
}

/** Where a sidecar sends what is for a service of a peer: waits until it is exactly there. */
export function dialsPeer(caller: Service, service: string, ...places: readonly Endpoint[]): Promise<void> {
  const wanted = places.map(spell).sort()
  return until(`the sidecar of ${caller.plan.name} dials ${wanted.join(' and ')} for ${service}`, async () => {
    const cluster = new RegExp(`^${service}\\.default\\.[^.]+\\.external\\.`)
    expect(await hostsOfCluster(caller.sidecar.admin, cluster)).toEqual(wanted)
  })
}
