// The mesh of most rows: sidecars that each stand in front of a service of their own and share the upstream `api`.

import { nowMs, pause } from '../figures.ts'
import { Fleet, type Reached } from '../load/fleet.ts'
import { RawHttp } from '../load/raw-http.ts'
import type { Bench } from '../row.ts'
import type { Target } from '../target.ts'
import {
  addressOf,
  catalogInstance,
  catalogSidecar,
  meshService,
  range,
  STEADY,
  serviceName,
  sidecarId,
} from './registrations.ts'
import type { Scenes } from './scenes.ts'

export const API_INSTANCES = 50

export class Sidecars {
  readonly target: Target
  readonly http: RawHttp
  readonly fleet: Fleet
  readonly count: number
  #connecting: Promise<Connected> | undefined

  private constructor(target: Target, fleet: Fleet, count: number) {
    this.target = target
    this.fleet = fleet
    this.count = count
    this.http = new RawHttp({ port: target.httpPort, connections: 32 })
  }

  /** The scene, which a run makes once for all its rows. */
  static of(bench: Bench): Promise<Sidecars> {
    return bench.scenes.of(makerOf(bench.size(1000)))
  }

  static async make(scenes: Scenes, count: number): Promise<Sidecars> {
    const [target, fleet] = await Promise.all([scenes.freshTarget(), Fleet.start()])
    const scene = new Sidecars(target, fleet, count)
    await scene.#register()
    return scene
  }

  /** The configuration of all sidecars, connected at once the first time this is called. */
  connected(): Promise<Connected> {
    this.#connecting ??= this.#connect()
    return this.#connecting
  }

  async close(): Promise<void> {
    this.fleet.close()
    this.http.close()
    await this.target.stop()
  }

  async #register(): Promise<void> {
    const { http, count } = this
    await Promise.all(
      range(API_INSTANCES).flatMap(i => [
        http.json('PUT', '/v1/catalog/register', catalogInstance('api', i, addressOf(i))),
        http.json('PUT', '/v1/catalog/register', catalogSidecar('api', i, addressOf(i))),
      ]),
    )
    const services = range(count).map(i => meshService(i, count, STEADY))
    await Promise.all(services.map(service => http.json('PUT', '/v1/agent/service/register', service)))
    // A catalog that agents sync by and by is whole a little later.
    for (;;) {
      const known: unknown = await http.json('GET', `/v1/catalog/connect/${serviceName(count - 1)}`)
      if (Array.isArray(known) && known.length === 1) break
      await pause(100)
    }
    await pause(1_000)
  }

  async #connect(): Promise<Connected> {
    const memoryBefore = this.target.residentMb()
    const cpuBefore = this.target.cpuMs()
    const startedAt = nowMs()
    const members = range(this.count).map(i => ({ id: sidecarId(i) }))
    const reached = await this.fleet.connect(this.target.grpcPort, members)
    const cpuMs = this.target.cpuMs() - cpuBefore
    await pause(3_000)
    await this.fleet.traffic()
    return { reached, startedAt, cpuMs, memoryMb: this.target.residentMb() - memoryBefore }
  }
}

export interface Connected {
  readonly reached: Reached
  readonly startedAt: number
  readonly cpuMs: number
  /** What the resident memory has grown by, three seconds after. */
  readonly memoryMb: number
}

const makers = new Map<number, (scenes: Scenes) => Promise<Sidecars>>()

/** The same function for the same count: scenes are told apart by it. */
function makerOf(count: number): (scenes: Scenes) => Promise<Sidecars> {
  let make = makers.get(count)
  if (make === undefined) {
    make = scenes => Sidecars.make(scenes, count)
    makers.set(count, make)
  }
  return make
}
