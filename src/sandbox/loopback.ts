// Addresses that stand for machines. Every machine of a scenario has a loopback address of its own, so that all can use the
// ports they would use in earnest; where a system has only 127.0.0.1, or a port is taken, another port is found.

import { createServer, type Server } from 'node:net'
import { Fault } from '../core/model/fault.ts'

export interface Endpoint {
  readonly address: string
  readonly port: number
}

/** Hands out addresses and ports of networks that nobody else has claimed, none of them twice. */
export interface Loopback {
  /** The address of machine `host` in a network: `127.<network>.0.<host>`, or 127.0.0.1 on systems without the others. */
  address(network: number, host: number): Promise<string>
  /** A free port of `address`: the wished one if it is free. */
  port(address: string, wish: number): Promise<number>
  /** Gives the networks back. */
  release(): Promise<void>
}

const CLAIM_PORT = 7999
const CLAIMS = 10

/**
 * Claims a set of networks: those with the numbers that the scenario names, or, where another process has them, the same
 * moved by up to nine. So numbers of one scenario end in the same digit, 0. Processes that share a port by accident would
 * share its connections without an error, hence the claim. Throws Fault('unavailable') when all ten sets are taken.
 */
export async function claimLoopback(network: number): Promise<Loopback> {
  for (let shift = 0; shift < CLAIMS; shift++) {
    const marker = { address: await bindable(`127.${network + shift}.0.1`), port: CLAIM_PORT + shift }
    const claim = await listen(marker)
    if (claim !== undefined) return loopbackOf(shift, claim)
  }
  throw new Fault('unavailable', `all loopback networks from 127.${network}.0.0 are in use by scenarios that run`)
}

export function spell(endpoint: Endpoint): string {
  return `${endpoint.address}:${endpoint.port}`
}

function loopbackOf(shift: number, claim: Server): Loopback {
  const given = new Set<string>()
  const port = async (address: string, wish: number): Promise<number> => {
    for (let candidate = wish; ; candidate = 0) {
      const found = given.has(`${address}:${candidate}`) ? undefined : await freePort({ address, port: candidate })
      if (found === undefined || given.has(`${address}:${found}`)) continue
      given.add(`${address}:${found}`)
      return found
    }
  }
  return {
    address: (network, host) => bindable(`127.${network + shift}.0.${host}`),
    port,
    release: () => new Promise(resolve => claim.close(() => resolve())),
  }
}

async function bindable(address: string): Promise<string> {
  return (await freePort({ address, port: 0 })) === undefined ? '127.0.0.1' : address
}

/** The port, or any free one for 0; undefined when it cannot be bound. */
async function freePort(wish: Endpoint): Promise<number | undefined> {
  const server = await listen(wish)
  if (server === undefined) return undefined
  const bound = server.address()
  await new Promise(resolve => server.close(resolve))
  return typeof bound === 'object' && bound !== null ? bound.port : undefined
}

function listen({ address, port }: Endpoint): Promise<Server | undefined> {
  return new Promise(resolve => {
    const server = createServer()
    server.once('error', () => resolve(undefined))
    server.listen({ host: address, port, exclusive: true }, () => {
      server.unref()
      resolve(server)
    })
  })
}
