import { describe, expect, it } from 'vitest'
import { nodeRow, TEST_SELF } from '../../../test/support/catalog-rows.ts'
import { Store } from '../../core/store/store.ts'
import { Mirror } from './mirror.ts'

const WELCOME = { history: 'h1', primaryDatacenter: 'dc1', defaultAllow: true }
const key = (name: string) => ['default', '', name].join('\u001f')
const row = (name: string) => ['nodes', key(name), { ...nodeRow(name), CreateIndex: 3, ModifyIndex: 4 }]

function loaded() {
  const store = new Store(TEST_SELF)
  const mirror = new Mirror(store)
  mirror.begin(WELCOME)
  for (const message of [{ begin: 4 }, { rows: [row('a')] }, { rows: [row('b')] }, { end: 4 }]) mirror.take(message)
  return { store, mirror }
}

describe('the copy of a client agent', () => {
  it('shows nothing before it is whole', () => {
    const store = new Store(TEST_SELF)
    const mirror = new Mirror(store)
    mirror.begin(WELCOME)
    mirror.take({ begin: 4 })
    mirror.take({ rows: [row('a')] })
    expect([mirror.isLoaded, mirror.isCurrent, store.get('nodes', key('a'))]).toEqual([false, false, undefined])
    mirror.take({ end: 4 })
    expect([mirror.isLoaded, mirror.isCurrent]).toEqual([true, true])
    expect(store.get('nodes', key('a'))).toMatchObject({ Node: 'a', CreateIndex: 3, ModifyIndex: 4 })
  })

  it('keeps what it has when the feed ends, and is current again as soon as it goes on', () => {
    const { store, mirror } = loaded()
    let calls = 0
    mirror.onCurrent(() => {
      calls += 1
    })
    mirror.end()
    expect([mirror.isLoaded, mirror.isCurrent]).toEqual([true, false])
    expect(store.get('nodes', key('a'))).toBeDefined()
    mirror.begin(WELCOME)
    expect([mirror.isCurrent, calls]).toEqual([true, 1])
    mirror.take({ batch: 5, writes: [['nodes', key('a'), null]] })
    expect(store.get('nodes', key('a'))).toBeUndefined()
  })

  it('tells who waits for a revision when it is here', async () => {
    const { mirror } = loaded()
    const reached: number[] = []
    const waits = [4, 6].map(revision => mirror.reached(revision, 60_000).then(() => reached.push(revision)))
    await waits[0]
    expect(reached).toEqual([4])
    mirror.take({ batch: 6, writes: [] })
    await waits[1]
    expect(reached).toEqual([4, 6])
  })

  it('does not wait for a revision of a history that is over', async () => {
    const { mirror } = loaded()
    const wait = mirror.reached(999, 60_000)
    mirror.begin({ ...WELCOME, history: 'h2' })
    for (const message of [{ begin: 1 }, { end: 1 }]) mirror.take(message)
    await wait
    expect(mirror.position).toEqual({ history: 'h2', revision: 1 })
  })

  it('passes over tables that it does not know or may not have', () => {
    const { store, mirror } = loaded()
    const evil = { Instance: { Partition: 'default', Namespace: 'default', ID: 'x', Port: 1 }, ParentID: '' }
    const writes = [
      ['localServices', 'k', evil],
      ['caSigner', '', { sealed: 'x' }],
      ['fromTheFuture', 'k', {}],
      ['__proto__', 'k', {}],
    ]
    mirror.take({ batch: 5, writes })
    expect(store.list('localServices', 'all', '')).toEqual([])
    expect(store.get('caSigner', '')).toBeUndefined()
    expect(mirror.position.revision).toBe(5)
  })

  it.each([
    ['a number', 7, 'a line that is no object'],
    ['null', null, 'a line that is no object'],
    ['a list', [], 'a line that is no object'],
    ['an empty object', {}, 'a line with nothing'],
    ['another word', { hello: 1 }, 'a line with hello'],
    ['rows outside a copy', { rows: [] }, 'a line with rows'],
    ['a negative revision', { batch: -1, writes: [] }, '-1 for a revision'],
    ['no revision', { batch: 'x', writes: [] }, '"x" for a revision'],
    ['no writes', { batch: 5 }, 'something where a list was expected'],
    ['a write without a key', { batch: 5, writes: [['nodes', 1, {}]] }, 'a row without a key'],
    ['a write that is no list', { batch: 5, writes: [{}] }, 'something where a list was expected'],
    ['a row that is no object', { batch: 5, writes: [['nodes', 'k', 'text']] }, 'a row that is no object'],
  ])('refuses %s, and nothing changes', (_, message, reason) => {
    const { store, mirror } = loaded()
    expect(() => mirror.take(message)).toThrow(reason)
    expect(mirror.position).toEqual({ history: 'h1', revision: 4 })
    expect(store.get('nodes', key('a'))).toBeDefined()
  })

  it('refuses rows without indexes, and changes of a history that it has no copy of', () => {
    const { mirror } = loaded()
    mirror.take({ begin: 9 })
    expect(() => mirror.take({ rows: [['nodes', 'k', nodeRow('x')]] })).toThrow('undefined for a revision')
    mirror.begin({ ...WELCOME, history: 'h2' })
    expect(() => mirror.take({ batch: 5, writes: [] })).toThrow('changes before a copy')
  })
})
