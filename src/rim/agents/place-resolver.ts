// From a place as people name it to addresses. Name servers may be slow or gone: nobody waits long for them, and what they said last
// holds.

import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { Fault } from '../../core/model/fault.ts'

/** A place as people write it. */
export interface Place {
  readonly host: string
  readonly port: number
}

export interface PlaceResolverOptions {
  /** The addresses of a name; those of the system unless given. */
  lookup?(host: string): Promise<readonly string[]>
  readonly waitMs?: number
  /** Told once of a name that cannot be resolved, until it can. */
  onFailure?(host: string, error: unknown): void
}

const WAIT_MS = 2_000

export class PlaceResolver {
  readonly #lookup: (host: string) => Promise<readonly string[]>
  readonly #waitMs: number
  /** One question a name at a time: the system answers only few at once. */
  readonly #asked = new Map<string, Promise<readonly string[]>>()
  readonly #last = new Map<string, readonly string[]>()
  readonly #failed = new Set<string>()
  readonly #onFailure: (host: string, error: unknown) => void

  constructor({ lookup = systemLookup, waitMs = WAIT_MS, onFailure = () => {} }: PlaceResolverOptions = {}) {
    this.#lookup = lookup
    this.#waitMs = waitMs
    this.#onFailure = onFailure
  }

  /** The addresses of a place, with its port. Throws Fault('unavailable') for a name that nobody ever knew. */
  async resolve({ host, port }: Place): Promise<readonly Place[]> {
    if (isIP(host) !== 0) return [{ host, port }]
    const addresses = await this.#addressesOf(host)
    return addresses.map(address => ({ host: address, port }))
  }

  async #addressesOf(host: string): Promise<readonly string[]> {
    try {
      const addresses = await within(this.#ask(host), this.#waitMs)
      this.#failed.delete(host)
      return addresses
    } catch (cause) {
      if (!this.#failed.has(host)) this.#onFailure(host, cause)
      this.#failed.add(host)
      const last = this.#last.get(host)
      if (last !== undefined) return last
      throw new Fault('unavailable', `the name "${host}" cannot be resolved`, { cause })
    }
  }

  #ask(host: string): Promise<readonly string[]> {
    const known = this.#asked.get(host)
    if (known !== undefined) return known
    const asked = this.#lookup(host)
      .then(addresses => {
        this.#last.set(host, addresses)
        return addresses
      })
      .finally(() => this.#asked.delete(host))
    this.#asked.set(host, asked)
    return asked
  }
}

async function systemLookup(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true })
  return found.map(({ address }) => address)
}

function within<T>(promise: Promise<T>, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer within ${ms} ms`)), ms)
    promise.then(resolve, reject).finally(() => clearTimeout(timer))
  })
}
