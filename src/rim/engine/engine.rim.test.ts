import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { TEST_SELF } from '../../../test/support/catalog-rows.ts'
import { Fault } from '../../core/model/fault.ts'
import { done, refuse } from '../../core/store/reduced.ts'
import { Store } from '../../core/store/store.ts'
import { Committer } from './committer.ts'
import type { Engine } from './engine.ts'
import { MemoryEngine } from './memory.ts'
import { SqliteEngine } from './sqlite.ts'
import { SqliteThread } from './sqlite-thread.ts'

let folder = ''
const threads: SqliteThread[] = []
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'engine-'))
})
afterEach(async () => {
  await endThreads()
  await rm(folder, { recursive: true, force: true })
})

const thread = () => {
  const made = new SqliteThread()
  threads.push(made)
  return made
}
const endThreads = async () => {
  await Promise.all(threads.splice(0).map(each => each.close()))
}

const member = (Name: string, Node = 'a') => ({
  table: 'members' as const,
  key: Name,
  row: { Name, Node, Datacenter: 'dc1', Address: '', Port: 0, RpcPort: 0, Status: 'alive', Tags: {} },
})

const engines: Record<string, () => Engine> = {
  memory: () => new MemoryEngine(),
  sqlite: () => new SqliteEngine(thread(), join(folder, 'state.db')),
}

describe.each(Object.keys(engines))('the %s engine', name => {
  const open = (): Engine => {
    const make = engines[name]
    if (make === undefined) throw new Error(name)
    return make()
  }

  it('gives each batch the next revision and refuses a stale head', async () => {
    const engine = open()
    expect(await engine.load()).toEqual({ head: 0, rows: [] })
    expect(await engine.commit(0, [member('x')])).toEqual({ ok: true, revision: 1 })
    expect(await engine.commit(0, [member('y')])).toEqual({ ok: false, conflict: true })
    expect(await engine.commit(1, [member('y')])).toEqual({ ok: true, revision: 2 })
    await engine.close()
  })

  it('commits what arrives together in one batch and answers each command for itself', async () => {
    const store = new Store(TEST_SELF)
    const committer = new Committer(store, open())
    await committer.start()
    const results = await Promise.allSettled([
      committer.submit(() => done([member('x')])),
      committer.submit(() => refuse(new Fault('invalid', 'no'))),
      committer.submit(state => done(state.get('members', 'x') ? [member('y')] : [])),
      committer.submit(() => {
        throw new Error('a bug')
      }),
    ])
    expect(results.map(result => result.status)).toEqual(['fulfilled', 'rejected', 'fulfilled', 'rejected'])
    expect(store.revision).toBe(1)
    expect(store.list('members', 'all', '').map(row => row.Name)).toEqual(['x', 'y'])
    await committer.close()
    await expect(committer.submit(() => done([]))).rejects.toThrow('shutting down')
  })
})

describe('the sqlite engine after a restart', () => {
  it('has every row with its indexes, and the same revision', async () => {
    const path = join(folder, 'state.db')
    const first = new Committer(new Store(TEST_SELF), new SqliteEngine(thread(), path))
    await first.start()
    await first.submit(() => done([member('x'), member('gone')]))
    await first.submit(() => done([member('x', 'b')]))
    await first.submit(() => done([{ ...member('gone'), row: undefined }]))
    await first.close()
    await endThreads()

    const store = new Store(TEST_SELF)
    const second = new Committer(store, new SqliteEngine(thread(), path))
    await second.start()
    expect(store.revision).toBe(3)
    expect(store.list('members', 'all', '')).toEqual([{ ...member('x', 'b').row, CreateIndex: 1, ModifyIndex: 2 }])
    await second.close()
  })

  it('says so when another process holds the file', async () => {
    const path = join(folder, 'state.db')
    const first = new SqliteEngine(thread(), path)
    await first.load()
    await first.commit(0, [member('x')])
    const second = new SqliteEngine(thread(), path)
    await expect(second.load()).rejects.toThrow('another agent running with the same data directory')
    await second.close()
    await first.close()
  })

  it('keeps two files of one thread apart, and closes one without the other', async () => {
    const shared = thread()
    const [left, right] = ['left', 'right'].map(name => new SqliteEngine(shared, join(folder, `${name}.db`)))
    await left?.commit(0, [member('x')])
    expect(await right?.load()).toEqual({ head: 0, rows: [] })
    await left?.close()
    expect(await right?.commit(0, [member('y')])).toEqual({ ok: true, revision: 1 })
    await right?.close()
    await endThreads()
    const again = await new SqliteEngine(thread(), join(folder, 'left.db')).load()
    expect(again).toMatchObject({ head: 1, rows: [{ key: 'x' }] })
  })

  it('refuses everything once its thread has ended, and can still be closed', async () => {
    const ended = thread()
    const engine = new SqliteEngine(ended, join(folder, 'state.db'))
    await ended.close()
    await expect(engine.load()).rejects.toThrow('the database thread has ended')
    await engine.close()
  })
})
