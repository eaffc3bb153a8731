import { describe, expect, it } from 'vitest'
import { memoryLog } from '../../../test/fakes/memory-log.ts'
import { nodeRow, registering, TEST_SELF } from '../../../test/support/catalog-rows.ts'
import type { Command } from '../../core/store/commands.ts'
import { reduceAll } from '../../core/store/reduce-all.ts'
import { Store, type Write } from '../../core/store/store.ts'
import { ChangeLog, type Position } from './change-log.ts'
import { Mirror } from './mirror.ts'

/** A server's state with its log. */
function server(limit?: number) {
  const store = new Store(TEST_SELF)
  const log = new ChangeLog({ store, history: 'h1', ...(limit === undefined ? {} : { limit }) })
  const apply = (writes: readonly Write[]) => {
    const revision = store.revision + 1
    store.apply(writes, revision)
    log.add({ revision, writes })
  }
  const commit = (...commands: readonly Command[]) => {
    const reduced = reduceAll(store, commands)
    if (!reduced.ok) throw reduced.fault
    apply(reduced.writes)
  }
  return { store, log, commit, apply, close: () => log.close() }
}

/** Takes what the log says until it has come to a revision; tells the lines. */
async function follow(log: ChangeLog, mirror: Mirror, until: () => number): Promise<readonly string[]> {
  const abort = new AbortController()
  mirror.begin({ history: log.history, revision: 0, primaryDatacenter: 'dc1', defaultAllow: true })
  const kinds: string[] = []
  for await (const chunk of log.follow(mirror.position, abort.signal)) {
    for (const line of chunk.toString().split('\n').filter(Boolean)) {
      const message = JSON.parse(line)
      kinds.push(Object.keys(message)[0] ?? '')
      mirror.take(message)
    }
    if (mirror.position.revision >= until()) abort.abort()
  }
  mirror.end()
  return kinds
}

const names = (store: Store) => store.list('nodes', 'all', ['default', ''].join('\u001f')).map(node => node.Node)
const node = (name: string) => registering(nodeRow(name))

describe('a log of changes', () => {
  it('gives a copy to who has nothing, and only changes to who comes back', async () => {
    const { store, log, commit, close } = server()
    commit(node('a'))
    const copy = new Store(TEST_SELF)
    const mirror = new Mirror(copy, memoryLog().log)
    expect(await follow(log, mirror, () => 1)).toEqual(['begin', 'rows', 'end'])
    commit(node('b'))
    commit(node('c'))
    expect(await follow(log, mirror, () => 3)).toEqual(['batch', 'batch'])
    expect(names(copy)).toEqual(['a', 'b', 'c'])
    expect(copy.list('nodes', 'all', ['default', ''].join('\u001f'))).toEqual(
      store.list('nodes', 'all', ['default', ''].join('\u001f')),
    )
    close()
  })

  it('goes on while changes come', async () => {
    const { log, commit, close } = server()
    commit(node('a'))
    const copy = new Store(TEST_SELF)
    const followed = follow(log, new Mirror(copy, memoryLog().log), () => 3)
    await new Promise(resolve => setImmediate(resolve))
    commit(node('b'))
    commit({ ...node('c') }, node('d'))
    expect((await followed).slice(-2)).toEqual(['batch', 'batch'])
    expect(names(copy)).toEqual(['a', 'b', 'c', 'd'])
    close()
  })

  it('gives a copy to who is too far behind, or has followed another history', async () => {
    const { log, commit, close } = server(3)
    const mirror = new Mirror(new Store(TEST_SELF), memoryLog().log)
    commit(node('a'))
    await follow(log, mirror, () => 1)
    for (const name of ['b', 'c', 'd', 'e', 'f']) commit(node(name))
    expect((await follow(log, mirror, () => 6))[0]).toBe('begin')
    const positions: Position[] = [
      { history: 'h0', revision: 6 },
      { history: 'h1', revision: 99 },
    ]
    for (const position of positions) {
      const first = await log.follow(position, AbortSignal.timeout(1000)).next()
      expect(String(first.value)).toContain('"begin"')
    }
    close()
  })

  it('gives the same copy to all who come soon after one another, and then what changed since', async () => {
    const { log, commit, close } = server()
    commit(node('a'))
    const copies = [new Store(TEST_SELF), new Store(TEST_SELF)] as const
    await follow(log, new Mirror(copies[0], memoryLog().log), () => 1)
    commit(node('b'))
    expect(await follow(log, new Mirror(copies[1], memoryLog().log), () => 2)).toEqual([
      'begin',
      'rows',
      'end',
      'batch',
    ])
    expect(names(copies[1])).toEqual(['a', 'b'])
    close()
  })

  it('has a change that is too large for a line arrive as part of a copy', async () => {
    const { log, commit, close } = server()
    commit(node('a'))
    const copy = new Store(TEST_SELF)
    const mirror = new Mirror(copy, memoryLog().log)
    await follow(log, mirror, () => 1)
    const large = Array.from({ length: 5 }, (_, i) =>
      registering(nodeRow(`large-${i}`, { Meta: { text: 'x'.repeat(4 * 1024 * 1024) } })),
    )
    commit(...large)
    commit(node('b'))
    expect((await follow(log, mirror, () => 3))[0]).toBe('begin')
    expect(names(copy)).toHaveLength(7)
    close()
  })

  it('says nothing of what is a secret of servers, but counts its revision', async () => {
    const { log, apply, close } = server()
    apply([{ table: 'caSigner', key: '', row: { sealed: 'secret-1' } }])
    const mirror = new Mirror(new Store(TEST_SELF), memoryLog().log)
    await follow(log, mirror, () => 1)
    apply([{ table: 'caSigner', key: '', row: { sealed: 'secret-2' } }])
    const said: string[] = []
    const abort = new AbortController()
    for await (const chunk of log.follow({ history: '', revision: 0 }, abort.signal)) {
      said.push(String(chunk))
      if (said.join('').includes('"batch":2')) abort.abort()
    }
    expect(said.join('')).not.toContain('secret')
    await follow(log, mirror, () => 2)
    expect(mirror.position.revision).toBe(2)
    close()
  })
})
