import { afterEach, describe, expect, it } from 'vitest'
import { memoryLog } from '../../../test/fakes/memory-log.ts'
import { nodeRow, registering, serviceRow, TEST_SELF } from '../../../test/support/catalog-rows.ts'
import type { CatalogNode } from '../../core/model/node.ts'
import type { Command } from '../../core/store/commands.ts'
import { reduce } from '../../core/store/reduce.ts'
import { Store } from '../../core/store/store.ts'
import { Committer } from '../engine/committer.ts'
import { MemoryEngine } from '../engine/memory.ts'
import { AgentLeases } from './agent-leases.ts'
import { LEASE_MS } from './protocol.ts'

const TICK_MS = 500
const DAY_MS = 86_400_000

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function server() {
  const store = new Store(TEST_SELF)
  const committer = new Committer(store, new MemoryEngine())
  await committer.start()
  const { log, lines } = memoryLog()
  const time = { monotonic: 1_000_000, wall: 1_700_000_000_000 }
  const clock = { monotonic: () => time.monotonic, wall: () => time.wall }
  const start = () => {
    let ids = 0
    const leases = new AgentLeases({ store, committer, clock, logger: log, newId: () => `lease-${++ids}` })
    leases.start()
    closers.push(() => leases.close())
    return leases
  }
  const leases = start()
  const carryOut = (command: Command) => committer.submit(state => reduce(state, command))
  /** Lets time pass as it does for a server that is awake. */
  const pass = async (ms: number, each = leases) => {
    for (let passed = 0; passed < ms; passed += TICK_MS) {
      time.monotonic += TICK_MS
      time.wall += TICK_MS
      await each.tick()
    }
  }
  const serf = (node = 'a', partition = 'default') =>
    store.get('checks', [partition, '', node, 'default', 'serfHealth'].join('\u001f'))?.Status
  const status = (node = 'a', partition = 'default') => store.get('agents', [partition, node].join('\u001f'))?.Status
  return { store, leases, lines, time, start, carryOut, pass, serf, status }
}

const node = (name: string, extra: Partial<CatalogNode> = {}) =>
  nodeRow(name, { ID: '11111111-1111-1111-1111-111111111111', ...extra })

describe('a lease', () => {
  it('shows the agent alive from the moment it is given', async () => {
    const { leases, serf, status, store } = await server()
    await leases.grant(node('a'), '1.0')
    expect([serf(), status()]).toEqual(['passing', 'alive'])
    expect(store.get('nodes', ['default', '', 'a'].join('\u001f'))).toMatchObject({ Address: '10.0.0.1' })
  })

  it('keeps the agent alive while it is renewed', async () => {
    const { leases, pass, serf, store } = await server()
    const lease = await leases.grant(node('a'), '1.0')
    const before = store.revision
    for (let i = 0; i < 10; i++) {
      await pass(LEASE_MS - TICK_MS)
      expect(leases.renew(lease.id)).toBe(true)
    }
    expect([serf(), store.revision]).toEqual(['passing', before])
  })

  it('ends ten seconds at most after the agent was heard last, and the agent is critical', async () => {
    const { leases, pass, serf, status, lines } = await server()
    const lease = await leases.grant(node('a'), '1.0')
    await pass(LEASE_MS - TICK_MS)
    expect(serf()).toBe('passing')
    await pass(10_000 - LEASE_MS)
    expect([serf(), status(), lease.ended.signal.aborted]).toEqual(['critical', 'failed', true])
    expect(leases.renew(lease.id)).toBe(false)
    expect(lines.join('\n')).toContain('a client agent has stopped answering: node=a partition=default')
  })

  it('is taken over by the same agent, so that a short cut changes nothing', async () => {
    const { leases, pass, serf, store } = await server()
    const first = await leases.grant(node('a'), '1.0')
    const before = store.revision
    await pass(LEASE_MS - TICK_MS)
    const second = await leases.grant(node('a'), '1.0')
    expect([first.ended.signal.aborted, second.ended.signal.aborted]).toEqual([true, false])
    await pass(LEASE_MS - TICK_MS)
    expect([serf(), store.revision, leases.renew(first.id), leases.renew(second.id)]).toEqual([
      'passing',
      before,
      false,
      true,
    ])
  })

  it('brings back an agent that had failed', async () => {
    const { leases, pass, serf, status } = await server()
    await leases.grant(node('a'), '1.0')
    await pass(LEASE_MS + TICK_MS)
    await leases.grant(node('a'), '1.0')
    expect([serf(), status()]).toEqual(['passing', 'alive'])
  })

  it('is refused to another agent of that name, until the first is gone', async () => {
    const { leases, pass } = await server()
    await leases.grant(node('a'), '1.0')
    const other = node('A', { ID: '22222222-2222-2222-2222-222222222222', Address: '10.0.0.2' })
    await expect(leases.grant(other, '1.0')).rejects.toThrow(
      'node_name: an agent at 10.0.0.1 is named "A" too; node names must differ',
    )
    await pass(LEASE_MS + TICK_MS)
    await expect(leases.grant(other, '1.0')).resolves.toBeDefined()
  })

  it('is refused to an agent that is named as a server is', async () => {
    const { leases, carryOut } = await server()
    const where = {
      Datacenter: 'dc1',
      Address: '10.0.0.9',
      Port: 8302,
      RpcPort: 8300,
      Status: 'alive',
      Tags: {},
    } as const
    await carryOut({ type: 'set-member', member: { Name: 's1.dc1', Node: 's1', ...where } })
    await expect(leases.grant(node('s1'), '1.0')).rejects.toThrow('a server at 10.0.0.9 is named "s1" too')
  })

  it('is refused for a partition that is not there, or being deleted', async () => {
    const { leases, carryOut, pass, status } = await server()
    const inFinance = node('a', { Partition: 'finance' })
    await expect(leases.grant(inFinance, '1.0')).rejects.toThrow('Partition: there is no partition "finance"')
    await carryOut({ type: 'set-partition', partition: { Name: 'finance', Description: '' } })
    const lease = await leases.grant(inFinance, '1.0')
    await carryOut({ type: 'delete-partition', name: 'finance', at: '2026-01-01T00:00:00Z' })
    await carryOut({ type: 'purge-tenancy', partition: 'finance', namespace: '', limit: 100 })
    await pass(TICK_MS)
    expect([lease.ended.signal.aborted, status('a', 'finance')]).toEqual([true, undefined])
    await expect(leases.grant(inFinance, '1.0')).rejects.toThrow('Partition')
  })
})

describe('what the catalog says of an agent', () => {
  it('is put right when somebody else has changed it', async () => {
    const { leases, carryOut, pass, serf } = await server()
    await leases.grant(node('a'), '1.0')
    const whole = { partition: 'default', namespace: '', peer: '', serviceId: '', checkId: '' }
    await carryOut({ type: 'deregister', node: 'a', ...whole })
    expect(serf()).toBeUndefined()
    await pass(TICK_MS)
    expect(serf()).toBe('passing')
  })

  it('stays while a server starts again, for as long as the agent may need to find it', async () => {
    const { leases, start, pass, serf } = await server()
    await leases.grant(node('a'), '1.0')
    await leases.grant(node('b', { ID: '' }), '1.0')
    await leases.close()
    const again = start()
    await pass(LEASE_MS, again)
    await again.grant(node('a'), '1.0')
    await pass(2_000 + TICK_MS, again)
    expect([serf('a'), serf('b')]).toEqual(['passing', 'critical'])
  })

  it('does not suffer from a server that slept', async () => {
    const { leases, time, pass, serf } = await server()
    const lease = await leases.grant(node('a'), '1.0')
    await pass(TICK_MS)
    time.monotonic += 60_000
    await leases.tick()
    expect([serf(), leases.renew(lease.id)]).toEqual(['passing', true])
  })
})

describe('an agent that leaves', () => {
  it('is gone from the catalog with its services, and remembered for three days', async () => {
    const { leases, carryOut, pass, store, status, time } = await server()
    const lease = await leases.grant(node('a'), '1.0')
    await carryOut(registering(node('a'), [serviceRow('a', 'web')]))
    await leases.leave(lease.id)
    expect(store.list('nodes', 'all', ['default', ''].join('\u001f'))).toEqual([])
    expect(store.list('services', 'all', ['default', ''].join('\u001f'))).toEqual([])
    expect([status(), lease.ended.signal.aborted]).toEqual(['left', true])
    time.wall += 3 * DAY_MS
    await pass(TICK_MS)
    expect(status()).toBeUndefined()
  })

  it('can be made to when it has failed, and not while it is alive', async () => {
    const { leases, pass, store, status } = await server()
    await leases.grant(node('a'), '1.0')
    await expect(leases.forceLeave('a', 'default', false)).rejects.toThrow('node "a" is alive')
    await pass(LEASE_MS + TICK_MS)
    expect(await leases.forceLeave('a', 'finance', false)).toBe(false)
    expect(await leases.forceLeave('A', 'default', false)).toBe(true)
    expect([status(), store.list('nodes', 'all', ['default', ''].join('\u001f')).length]).toEqual(['left', 0])
    expect(await leases.forceLeave('a', 'default', true)).toBe(true)
    expect(status()).toBeUndefined()
  })

  it('is taken out after three days when it failed and nobody cared', async () => {
    const { leases, pass, store, status, time } = await server()
    await leases.grant(node('a'), '1.0')
    await pass(LEASE_MS + TICK_MS)
    time.wall += 3 * DAY_MS
    await pass(TICK_MS)
    expect([status(), store.list('nodes', 'all', ['default', ''].join('\u001f')).length]).toEqual([undefined, 0])
  })
})
