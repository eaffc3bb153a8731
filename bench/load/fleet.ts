// A fleet of simulated Envoys in a process of its own, and how a benchmark speaks to it.

import { type ChildProcess, fork } from 'node:child_process'

/** What a member holds when it has what is waited for. */
export type Proof =
  /** A resource of the type, and of the name if one is given, whose encoded bytes contain `hex`. */
  | { readonly kind: 'contains'; readonly type: string; readonly name?: string; readonly hex: string }
  /** Something of every type it can have: clusters, listeners and the endpoints of every cluster. */
  | { readonly kind: 'complete' }
  /** In its listeners a root that is not one of these (PEM), and a leaf certificate that it vouches for. */
  | { readonly kind: 'new-leaf'; readonly oldRoots: readonly string[] }

export type FleetCommand =
  | { readonly do: 'connect'; readonly grpcPort: number; readonly members: readonly Member[] }
  /** Reports `all` once every member has got a response with the proof after this command. */
  | { readonly do: 'expect'; readonly proof: Proof }
  | { readonly do: 'disconnect' }
  | { readonly do: 'traffic' }

export type FleetReport =
  | { readonly report: 'started' }
  | { readonly report: 'expecting' }
  | { readonly report: 'all'; readonly at: number; readonly firstAt: number }
  | { readonly report: 'traffic'; readonly traffic: Traffic }
  | { readonly report: 'disconnected' }

/** What has come since the last time it was asked for. */
export interface Traffic {
  readonly responses: number
  readonly bytes: number
  /** Type and name of resources and removals; the first hundred. */
  readonly resources: readonly string[]
  readonly resourceCount: number
}

export interface Member {
  readonly id: string
  readonly nodeName?: string
  /** The default one unless given. */
  readonly partition?: string
}

/** The times are of the clock all processes share. */
export interface Reached {
  readonly firstAt: number
  readonly lastAt: number
}

export class Fleet {
  readonly #child: ChildProcess
  readonly #listeners = new Set<(report: FleetReport) => void>()

  private constructor(child: ChildProcess) {
    this.#child = child
    child.on('message', (report: FleetReport) => {
      for (const listener of [...this.#listeners]) listener(report)
    })
    child.on('exit', code => {
      if (code !== 0 && code !== null) throw new Error(`the fleet has ended with status ${code}`)
    })
  }

  static async start(): Promise<Fleet> {
    const fleet = new Fleet(fork(new URL('fleet-process.ts', import.meta.url)))
    await fleet.#next('started')
    return fleet
  }

  /** Connects members at once; resolves when the last has all its configuration. */
  async connect(grpcPort: number, members: readonly Member[]): Promise<Reached> {
    const all = this.#next('all')
    this.#send({ do: 'connect', grpcPort, members })
    const { firstAt, at } = await all
    return { firstAt, lastAt: at }
  }

  /** Carries out a change; resolves when the last member has got the proof of it. */
  async after(proof: Proof, change: () => Promise<unknown>): Promise<Reached> {
    const expecting = this.#next('expecting')
    this.#send({ do: 'expect', proof })
    await expecting
    const all = this.#next('all')
    await change()
    const { firstAt, at } = await all
    return { firstAt, lastAt: at }
  }

  async traffic(): Promise<Traffic> {
    const told = this.#next('traffic')
    this.#send({ do: 'traffic' })
    return (await told).traffic
  }

  async disconnect(): Promise<void> {
    const done = this.#next('disconnected')
    this.#send({ do: 'disconnect' })
    await done
  }

  close(): void {
    this.#child.removeAllListeners('exit')
    this.#child.kill()
  }

  #send(command: FleetCommand): void {
    this.#child.send(command)
  }

  #next<R extends FleetReport['report']>(name: R): Promise<Extract<FleetReport, { report: R }>> {
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => reject(new Error(`the fleet did not report "${name}" in time`)), 120_000)
      const listener = (report: FleetReport) => {
        if (report.report !== name) return
        clearTimeout(late)
        this.#listeners.delete(listener)
        // Reports are told apart by their name.
        resolve(report as Extract<FleetReport, { report: R }>)
      }
      this.#listeners.add(listener)
    })
  }
}
