// Services shared out over partitions, each partition with a mesh gateway in front of them that is connected.

import { pause } from '../figures.ts'
import { Fleet, type Member } from '../load/fleet.ts'
import { RawHttp } from '../load/raw-http.ts'
import type { Target } from '../target.ts'
import { addressOf, catalogSidecar, range, serviceName } from './registrations.ts'
import type { Scenes } from './scenes.ts'

const GATEWAY = 'mesh-gateway'
/** Services beyond this many of a partition are on its next node. */
const PER_NODE = 50

export interface PartitionsPlan {
  readonly partitions: number
  /** Services of each partition. */
  readonly services: number
}

export class Partitions {
  readonly target: Target
  readonly http: RawHttp
  /** The gateway of the first partition. */
  readonly near: Fleet
  /** Those of all others. */
  readonly others: Fleet
  readonly plan: PartitionsPlan

  private constructor(plan: PartitionsPlan, target: Target, [near, others]: readonly [Fleet, Fleet]) {
    this.plan = plan
    this.target = target
    this.near = near
    this.others = others
    this.http = new RawHttp({ port: target.httpPort, connections: 32 })
  }

  /** Everything registered, and every gateway connected. */
  static async make(scenes: Scenes, plan: PartitionsPlan): Promise<Partitions> {
    await scenes.close()
    if (scenes.kind === 'consul') throw new Error('the community edition has no partitions')
    const [target, near, others] = await Promise.all([scenes.freshTarget(), Fleet.start(), Fleet.start()])
    const scene = new Partitions(plan, target, [near, others])
    await Promise.all(range(plan.partitions).map(i => scene.http.json('PUT', '/v1/partition', { Name: nameOf(i) })))
    const all = range(plan.partitions)
    await Promise.all(all.flatMap(i => range(plan.services).map(service => scene.addService(i, service))))
    await Promise.all(all.map(i => scene.#addGateway(i)))
    await pause(1_000)
    const [first, ...rest] = all.map(memberOf)
    if (rest.length > 0) await others.connect(target.grpcPort, rest)
    await near.connect(target.grpcPort, first === undefined ? [] : [first])
    await pause(1_000)
    await scene.traffic()
    return scene
  }

  /** Registers the sidecar of one more service, which makes it reachable through its partition's gateway. */
  addService(partition: number, service: number): Promise<unknown> {
    const node = `${nameOf(partition)}-${Math.floor(service / PER_NODE)}`
    const address = addressOf(service, 20 + (partition % 200))
    const sidecar = catalogSidecar(serviceName(service), service, address, node)
    return this.http.json('PUT', '/v1/catalog/register', { ...sidecar, Partition: nameOf(partition) })
  }

  /** What each fleet has been sent since the last time. */
  async traffic() {
    return { near: await this.near.traffic(), others: await this.others.traffic() }
  }

  #addGateway(partition: number): Promise<unknown> {
    const Service = { Kind: GATEWAY, Service: GATEWAY, Address: addressOf(partition, 10), Port: 8443 }
    const place = { Node: gatewayNode(partition), Address: Service.Address, Partition: nameOf(partition) }
    return this.http.json('PUT', '/v1/catalog/register', { ...place, Service })
  }

  async close(): Promise<void> {
    this.near.close()
    this.others.close()
    this.http.close()
    await this.target.stop()
  }
}

function nameOf(partition: number): string {
  return `p${partition}`
}

function gatewayNode(partition: number): string {
  return `${nameOf(partition)}-gateway`
}

function memberOf(partition: number): Member {
  return { id: GATEWAY, nodeName: gatewayNode(partition), partition: nameOf(partition) }
}
