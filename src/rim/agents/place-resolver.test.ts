import { describe, expect, it } from 'vitest'
import { PlaceResolver } from './place-resolver.ts'

const PLACE = { host: 'servers.internal', port: 8301 }
const at = (...hosts: readonly string[]) => hosts.map(host => ({ host, port: 8301 }))

/** Name servers that answer as they are told. */
function nameServers() {
  const asked: { readonly host: string; answer(...addresses: readonly string[]): void; fail(): void }[] = []
  const lookup = (host: string) =>
    new Promise<readonly string[]>((resolve, reject) => {
      asked.push({ host, answer: (...found) => resolve(found), fail: () => reject(new Error('ENOTFOUND')) })
    })
  const failed: string[] = []
  return { asked, failed, resolver: new PlaceResolver({ lookup, waitMs: 5, onFailure: host => failed.push(host) }) }
}

describe('resolving a place', () => {
  it('asks nobody for addresses', async () => {
    const { asked, resolver } = nameServers()
    expect(await resolver.resolve({ host: '10.0.0.1', port: 1 })).toEqual([{ host: '10.0.0.1', port: 1 }])
    expect(await resolver.resolve({ host: '::1', port: 1 })).toEqual([{ host: '::1', port: 1 }])
    expect(asked).toEqual([])
  })

  it('gives all addresses of a name, and the new ones next time', async () => {
    const { asked, resolver } = nameServers()
    for (const addresses of [['10.0.0.1', '10.0.0.2'], ['10.0.0.3']]) {
      const resolved = resolver.resolve(PLACE)
      asked.at(-1)?.answer(...addresses)
      expect(await resolved).toEqual(at(...addresses))
    }
    expect(asked.map(({ host }) => host)).toEqual(['servers.internal', 'servers.internal'])
  })

  it('falls back on what was said last, when name servers say nothing or that there is nothing, and tells once', async () => {
    const { asked, failed, resolver } = nameServers()
    const first = resolver.resolve(PLACE)
    asked[0]?.answer('10.0.0.1')
    await first
    const second = resolver.resolve(PLACE)
    asked[1]?.fail()
    expect(await second).toEqual(at('10.0.0.1'))
    expect(await resolver.resolve(PLACE)).toEqual(at('10.0.0.1'))
    expect(failed).toEqual(['servers.internal'])
  })

  it('asks once at a time, and takes a late answer for the next', async () => {
    const { asked, resolver } = nameServers()
    for (let i = 0; i < 3; i++)
      await expect(resolver.resolve(PLACE)).rejects.toThrow('"servers.internal" cannot be resolved')
    expect(asked).toHaveLength(1)
    asked[0]?.answer('10.0.0.9')
    await new Promise(resolve => setImmediate(resolve))
    expect(await resolver.resolve(PLACE)).toEqual(at('10.0.0.9'))
    expect(asked).toHaveLength(2)
  })
})
