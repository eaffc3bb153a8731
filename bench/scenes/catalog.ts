// A catalog to read from: a service with 10 instances and one with 1,000, among others.

import { pause } from '../figures.ts'
import { RawHttp } from '../load/raw-http.ts'
import type { Bench } from '../row.ts'
import type { Target } from '../target.ts'
import { addressOf, catalogInstance, range } from './registrations.ts'
import type { Scenes } from './scenes.ts'

export class Catalog {
  readonly target: Target
  readonly http: RawHttp

  private constructor(target: Target) {
    this.target = target
    this.http = new RawHttp({ port: target.httpPort, connections: 32 })
  }

  /** `few` has 10 instances, `many` 1,000. */
  static of(bench: Bench): Promise<Catalog> {
    return bench.scenes.of(makeCatalog)
  }

  static async make(scenes: Scenes): Promise<Catalog> {
    const scene = new Catalog(await scenes.freshTarget())
    const put = (body: object) => scene.http.json('PUT', '/v1/catalog/register', body)
    await Promise.all(range(10).map(i => put(catalogInstance('few', i, addressOf(i, 40)))))
    await Promise.all(range(1_000).map(i => put(catalogInstance('many', i, addressOf(i, 41)))))
    await pause(500)
    return scene
  }

  async close(): Promise<void> {
    this.http.close()
    await this.target.stop()
  }
}

const makeCatalog = (scenes: Scenes) => Catalog.make(scenes)
