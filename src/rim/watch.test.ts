import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { fakeWaitClock } from '../../test/fakes/fake-wait-clock.ts'
import { nodeRow, TEST_SELF } from '../../test/support/catalog-rows.ts'
import type { Leaf, Waiting } from '../core/model/fact.ts'
import { nodeKey } from '../core/model/node.ts'
import { type Answer, Store } from '../core/store/store.ts'
import { defineQuery } from '../core/store/view.ts'
import { blockingRead, clampWait, watch } from './watch.ts'

const nodeNames = defineQuery<undefined, readonly string[]>({
  name: 'test-node-names',
  key: () => '',
  run: view => view.list('nodes', 'all', 'default\u001f').map(node => node.Node),
})

const leafSerial = defineQuery<undefined, string | Waiting>({
  name: 'test-leaf-serial',
  key: () => '',
  run: view => view.want('leaf', 'uri')?.serialNumber ?? { waiting: [{ kind: 'leaf', key: 'uri' }] },
})

function add(store: Store, revision: number, name: string): void {
  const row = nodeRow(name)
  store.apply([{ table: 'nodes', key: nodeKey(row), row }], revision)
}

function setUp(chance = 0) {
  const store = new Store(TEST_SELF)
  add(store, 2, 'a')
  const clock = fakeWaitClock(chance)
  const abort = new AbortController()
  const options = { waitMs: 1600, clock, signal: abort.signal }
  return { store, clock, abort, options }
}

/** A promise whose state can be looked at. */
function observed<T>(promise: Promise<T>) {
  const seen: { value?: T; error?: unknown } = {}
  promise.then(
    value => {
      seen.value = value
    },
    error => {
      seen.error = error
    },
  )
  return seen
}

async function settle(): Promise<void> {
  for (let i = 0; i < 3; i++) await turn()
}

describe('a blocked read', () => {
  it('answers at once when the index is already greater', async () => {
    const { store, clock, options } = setUp()
    const answer = await blockingRead(store, nodeNames, undefined, { ...options, minIndex: 1 })
    expect(answer).toEqual({ value: ['a'], index: 2 })
    expect(clock.pending()).toBe(0)
  })

  it('is held until the index is greater, and not by what it does not read', async () => {
    const { store, options } = setUp()
    const held = observed(blockingRead(store, nodeNames, undefined, { ...options, minIndex: 2 }))
    store.apply([{ table: 'members', key: 'm', row: { Name: 'm', Datacenter: 'dc1' } }], 3)
    await settle()
    expect(held).toEqual({})
    add(store, 4, 'b')
    await settle()
    expect(held.value).toEqual({ value: ['a', 'b'], index: 4 })
  })

  it('answers with what there is when the time is over, a random sixteenth later', async () => {
    const { store, clock, options } = setUp(0.5)
    const held = observed(blockingRead(store, nodeNames, undefined, { ...options, minIndex: 2 }))
    await clock.advance(1649)
    await settle()
    expect(held).toEqual({})
    await clock.advance(1)
    await settle()
    expect(held.value).toEqual({ value: ['a'], index: 2 })
  })

  it('answers with what there is when it is aborted, and lets go of everything', async () => {
    const { store, clock, abort, options } = setUp()
    const wants: boolean[] = []
    store.onWant((_want, wanted) => wants.push(wanted))
    const held = observed(blockingRead(store, leafSerial, undefined, { ...options, minIndex: 0 }))
    abort.abort()
    await settle()
    expect(held.error).toMatchObject({ code: 'timeout', message: 'not available yet: leaf' })
    expect(clock.pending()).toBe(0)
    expect(wants).toEqual([true, false])
  })

  it('follows a value that waits for something until it is there', async () => {
    const { store, options } = setUp()
    const held = observed(blockingRead(store, leafSerial, undefined, { ...options, minIndex: 0 }))
    await settle()
    expect(held).toEqual({})
    store.setFact('leaf', 'uri', { serialNumber: '01' } as Leaf)
    await settle()
    expect(held.value).toMatchObject({ value: '01' })
  })

  it('fails as its query fails', async () => {
    const { store, options } = setUp()
    const failing = defineQuery<undefined, never>({
      name: 'test-failing',
      key: () => '',
      run() {
        throw new Error('broken')
      },
    })
    await expect(blockingRead(store, failing, undefined, { ...options, minIndex: 0 })).rejects.toThrow('broken')
  })

  it('may be measured by another index than the revision', async () => {
    const { store, options } = setUp()
    let index = 7
    const held = observed(blockingRead(store, leafSerial, undefined, { ...options, minIndex: 7, indexOf: () => index }))
    store.setFact('leaf', 'uri', { serialNumber: '01' } as Leaf)
    await settle()
    expect(held).toEqual({})
    index = 8
    store.setFact('leaf', 'uri', { serialNumber: '02' } as Leaf)
    await settle()
    expect(held.value).toMatchObject({ value: '02' })
  })

  it('shares one value and one computation among thousands', async () => {
    const { store, options } = setUp()
    let runs = 0
    const counted = defineQuery<undefined, readonly string[]>({
      name: 'test-counted',
      key: () => '',
      run(view) {
        runs += 1
        return view.list('nodes', 'all', 'default\u001f').map(node => node.Node)
      },
    })
    const held = Array.from({ length: 2000 }, () =>
      blockingRead(store, counted, undefined, { ...options, signal: new AbortController().signal, minIndex: 2 }),
    )
    add(store, 3, 'b')
    const values = new Set((await Promise.all(held)).map(answer => answer.value))
    expect([values.size, runs]).toEqual([1, 2])
  })

  it('is held no longer than is allowed', () => {
    const limits = { defaultMs: 5, maxMs: 10 }
    expect([undefined, 0, -3, 7, 700].map(ms => clampWait(ms, limits))).toEqual([5, 5, 5, 7, 10])
  })
})

describe('a watch', () => {
  it('yields the present value and every newer one, but not the same one again', async () => {
    const { store, abort } = setUp()
    const seen: Answer<readonly string[]>[] = []
    const loop = (async () => {
      for await (const answer of watch(store, nodeNames, undefined, abort.signal)) seen.push(answer)
    })()
    await settle()
    add(store, 3, 'b')
    add(store, 4, 'c')
    await settle()
    store.apply([{ table: 'nodes', key: nodeKey(nodeRow('c')), row: nodeRow('c', { Address: '10.0.0.9' }) }], 5)
    await settle()
    abort.abort()
    await loop
    expect(seen).toEqual([
      { value: ['a'], index: 2 },
      { value: ['a', 'b', 'c'], index: 4 },
    ])
  })

  it('lets go when its reader stops', async () => {
    const { store, abort } = setUp()
    const wants: boolean[] = []
    store.onWant((_want, wanted) => wants.push(wanted))
    for await (const answer of watch(store, leafSerial, undefined, abort.signal)) {
      expect(answer.value).toMatchObject({ waiting: [{ kind: 'leaf' }] })
      break
    }
    expect(wants).toEqual([true, false])
  })
})
