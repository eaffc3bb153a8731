// Scenes that several rows share: made when the first row asks, closed when a row asks for another or the run is over.

import { rmSync } from 'node:fs'
import { startTarget, type Target, type TargetKind, temporaryFolder } from '../target.ts'

export interface Scene {
  close(): Promise<void> | void
}

export type SceneMaker<S extends Scene> = (scenes: Scenes) => Promise<S>

export class Scenes {
  readonly kind: TargetKind
  #current: { readonly make: unknown; readonly scene: Scene } | undefined

  constructor(kind: TargetKind) {
    this.kind = kind
  }

  /** The scene of that maker; the one before is closed if it was another. */
  async of<S extends Scene>(make: SceneMaker<S>): Promise<S> {
    // What is kept under a maker was made by it.
    if (this.#current?.make === make) return this.#current.scene as S
    await this.close()
    const scene = await make(this)
    this.#current = { make, scene }
    return scene
  }

  /** A ready agent with an empty data folder. */
  async freshTarget(): Promise<Target> {
    const dataDir = temporaryFolder()
    const target = await startTarget({ kind: this.kind, dataDir })
    await target.ready()
    const stop = async () => {
      await target.stop()
      rmSync(dataDir, { recursive: true, force: true })
    }
    return { ...target, stop }
  }

  async close(): Promise<void> {
    const scene = this.#current?.scene
    this.#current = undefined
    await scene?.close()
  }
}
