import { describe, expect, it } from 'vitest'
import { memoryLog } from '../../../test/fakes/memory-log.ts'
import { nodeRow, TEST_SELF } from '../../../test/support/catalog-rows.ts'
import { Store } from '../../core/store/store.ts'
import { Mirror } from './mirror.ts'

const WELCOME = { history: 'h1', revision: 0, primaryDatacenter: 'dc1', defaultAllow: true }
const key = (name: string) => ['default', '', name].join('\u001f')
const row = (name: string) => ['nodes', key(name), { ...nodeRow(name), CreateIndex: 3, ModifyIndex: 4 }]

function loaded() {
  const store = new Store(TEST_SELF)
  const { log, lines } = memoryLog()
  const mirror = new Mirror(store, log)
  mirror.begin(WELCOME)
  for (const message of [{ begin: 4 }, { rows: [row('a')] }, { rows: [row('b')] }, { end: 4 }]) mirror.take(message)
  return { store, mirror, lines }
}

describe('the copy of a client agent', () => {
  it('shows nothing before it is whole', () => {
    const store = new Store(TEST_SELF)
    const mirror = new Mirror(store, memoryLog().log)
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
    [
      'a row under the key of another',
      { batch: 5, writes: [['nodes', key('a'), null], row('b'), ['nodes', key('c'), nodeRow('a')]] },
      'a row under a key that is not its own (table nodes)',
    ],
    [
      'a row of nothing',
      {
        batch: 5,
        writes: [
          ['nodes', key('a'), null],
          ['services', 'k', {}],
        ],
      },
      'without what it is',
    ],
    ['changes that it has', { batch: 4, writes: [['nodes', key('a'), null]] }, 'revision 4 after those of 4'],
    ['changes of the past', { batch: 3, writes: [['nodes', key('a'), null]] }, 'revision 3 after those of 4'],
  ])('refuses %s, and nothing changes', (_, message, reason) => {
    const { store, mirror } = loaded()
    expect(() => mirror.take(message)).toThrow(reason)
    expect(mirror.position).toEqual({ history: 'h1', revision: 4 })
    expect(store.get('nodes', key('a'))).toBeDefined()
  })

  it('refuses rows without indexes, and changes of a history that it has no copy of', () => {
    const { mirror } = loaded()
    mirror.take({ begin: 9 })
    expect(() => mirror.take({ rows: [['nodes', key('x'), nodeRow('x')]] })).toThrow('undefined for a revision')
    mirror.begin({ ...WELCOME, history: 'h2' })
    expect(() => mirror.take({ batch: 5, writes: [] })).toThrow('changes before a copy')
  })
})

describe('a copy that is of no use any more', () => {
  const nodes = (store: Store) => ['a', 'b', 'c'].filter(name => store.get('nodes', key(name)) !== undefined)

  it.each([
    ['history changed', 'the server was started anew', (mirror: Mirror) => mirror.begin({ ...WELCOME, history: 'h2' })],
    ['log does not go back far enough', 'we were too far behind', (mirror: Mirror) => mirror.begin(WELCOME)],
    [
      'changes could not be used',
      'cannot be relied on',
      (mirror: Mirror) => {
        mirror.distrust()
        mirror.begin(WELCOME)
      },
    ],
  ])('because the %s, is served until the new one is whole, and says so', (_, reason, again) => {
    const { store, mirror, lines } = loaded()
    mirror.end()
    again(mirror)
    let calls = 0
    mirror.onCurrent(() => {
      calls += 1
    })
    mirror.take({ begin: 9 })
    mirror.take({ rows: [row('c')] })
    expect([nodes(store), mirror.isLoaded, mirror.isCurrent, calls]).toEqual([['a', 'b'], true, false, 0])
    mirror.take({ end: 9 })
    expect([nodes(store), mirror.isCurrent, calls, mirror.position.revision]).toEqual([['c'], true, 1, 9])
    expect(lines).toEqual([
      expect.stringMatching(new RegExp(`fetching the whole state anew; what is known is served meanwhile.*${reason}`)),
      expect.stringContaining('has the whole state again'),
    ])
  })

  it('is fetched from the beginning when the link breaks in the middle, and that is said once', () => {
    const { store, mirror, lines } = loaded()
    for (let i = 0; i < 3; i++) {
      mirror.end()
      mirror.begin({ ...WELCOME, history: 'h2' })
      mirror.take({ begin: 9 })
      mirror.take({ rows: [row('c')] })
      expect([nodes(store), mirror.position]).toEqual([['a', 'b'], { history: 'h1', revision: 4 }])
    }
    mirror.take({ end: 9 })
    expect([nodes(store), mirror.position]).toEqual([['c'], { history: 'h2', revision: 9 }])
    expect(lines.filter(line => line.includes('anew'))).toHaveLength(1)
  })

  it('may be of a server whose revisions are lower, as one that was restored from a backup', () => {
    const { store, mirror } = loaded()
    mirror.end()
    mirror.begin({ ...WELCOME, history: 'h2', revision: 2 })
    const older = ['nodes', key('a'), { ...nodeRow('a'), CreateIndex: 1, ModifyIndex: 1 }]
    for (const message of [{ begin: 2 }, { rows: [older] }, { end: 2 }]) mirror.take(message)
    expect([nodes(store), mirror.position, mirror.isCurrent]).toEqual([['a'], { history: 'h2', revision: 2 }, true])
    mirror.take({ batch: 3, writes: [['nodes', key('b'), nodeRow('b')]] })
    expect(nodes(store)).toEqual(['a', 'b'])
    expect(store.revision).toBeGreaterThan(4)
  })

  it('is current only when what the server had in the beginning is here', () => {
    const { mirror } = loaded()
    mirror.end()
    mirror.begin({ ...WELCOME, revision: 6 })
    expect(mirror.isCurrent).toBe(false)
    mirror.take({ batch: 5, writes: [] })
    expect(mirror.isCurrent).toBe(false)
    mirror.take({ batch: 6, writes: [] })
    expect(mirror.isCurrent).toBe(true)
  })
})
