// A mesh gateway in front of many services.

import { pause, until } from '../figures.ts'
import { Fleet } from '../load/fleet.ts'
import { RawHttp } from '../load/raw-http.ts'
import type { Bench } from '../row.ts'
import type { Target } from '../target.ts'
import { addressOf, catalogSidecar, range, serviceName } from './registrations.ts'
import type { Scenes } from './scenes.ts'

const NODES = 20
const GATEWAY = 'mesh-gateway'
/** Applications that have no sidecar yet. */
const SPARE = 20

export class Gateway {
  readonly target: Target
  readonly http: RawHttp
  readonly fleet: Fleet
  readonly count: number

  private constructor(target: Target, fleet: Fleet, count: number) {
    this.target = target
    this.fleet = fleet
    this.count = count
    this.http = new RawHttp({ port: target.httpPort, connections: 32 })
  }

  /** Services and gateway registered, gateway connected. */
  static async make(scenes: Scenes, bench: Bench): Promise<Gateway> {
    await scenes.close()
    const [target, fleet] = await Promise.all([scenes.freshTarget(), Fleet.start()])
    const scene = new Gateway(target, fleet, bench.size(2000))
    await Promise.all(range(scene.count + SPARE).map(i => scene.#addApplication(i)))
    await Promise.all(range(scene.count).map(i => scene.addService(i)))
    const gateway = { Kind: GATEWAY, Name: GATEWAY, Address: '127.0.0.1', Port: 8443 }
    await scene.http.json('PUT', '/v1/agent/service/register', gateway)
    await until('the gateway in the catalog', async () => {
      const found: unknown = await scene.http.json('GET', `/v1/catalog/service/${GATEWAY}`)
      return Array.isArray(found) && found.length > 0
    })
    await pause(1_000)
    await fleet.connect(target.grpcPort, [{ id: GATEWAY }])
    await pause(2_000)
    await fleet.traffic()
    return scene
  }

  /** Registers the sidecar of one more service, which makes it reachable through the gateway. */
  addService(index: number): Promise<unknown> {
    const { name, address } = nodeOf(index)
    return this.http.json('PUT', '/v1/catalog/register', catalogSidecar(serviceName(index), index, address, name))
  }

  #addApplication(index: number): Promise<unknown> {
    const { name, address } = nodeOf(index)
    const service = { ID: `${serviceName(index)}-${index}`, Service: serviceName(index), Port: 8080 }
    return this.http.json('PUT', '/v1/catalog/register', { Node: name, Address: address, Service: service })
  }

  async close(): Promise<void> {
    this.fleet.close()
    this.http.close()
    await this.target.stop()
  }
}

function nodeOf(index: number): { readonly name: string; readonly address: string } {
  const node = index % NODES
  return { name: `gateway-node-${node}`, address: addressOf(node, 30) }
}
