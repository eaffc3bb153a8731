import { afterEach, describe, expect, it } from 'vitest'
import { fakeWaitClock } from '../../../test/fakes/fake-wait-clock.ts'
import { memoryLog } from '../../../test/fakes/memory-log.ts'
import { nodeRow, serviceRow, TEST_SELF } from '../../../test/support/catalog-rows.ts'
import { deregisterService, registerService } from '../../core/local/register.ts'
import { instanceKey, serviceDefinition } from '../../core/model/service.ts'
import { done } from '../../core/store/reduced.ts'
import { Store } from '../../core/store/store.ts'
import { decode } from '../../lib/schema.ts'
import { Committer } from '../engine/committer.ts'
import { MemoryEngine } from '../engine/memory.ts'
import { AntiEntropy } from './anti-entropy.ts'
import { HealthChecks } from './health-checks.ts'

const closers: (() => void)[] = []
afterEach(() => {
  for (const close of closers.splice(0)) close()
})

async function startAgent() {
  const store = new Store(TEST_SELF)
  const catalog = new Committer(store, new MemoryEngine())
  const local = new Committer(store, new MemoryEngine(), 'local')
  await Promise.all([catalog.start(), local.start()])
  const { log, lines } = memoryLog()
  const own = { node: nodeRow('n1'), services: [serviceRow('n1', 'consul')], saysAlive: true }
  const sync = new AntiEntropy({ state: store, local, catalog, own, logger: log })
  const clock = fakeWaitClock()
  let time = 0
  const checks = new HealthChecks({ store, local, clock, logger: log, now: () => time, scripts: () => false })
  closers.push(
    () => sync.close(),
    () => checks.close(),
  )
  await sync.start()
  checks.start()
  const options = {
    ...{ node: 'n1', partition: 'default', origin: 'api' as const, scripts: false, replaceChecks: false },
    sidecarPorts: { min: 21000, max: 21255 },
  }
  const register = async (input: unknown) => {
    const decoded = decode(serviceDefinition, input)
    if (!decoded.ok) throw new Error(JSON.stringify(decoded.issues))
    await local.submit(state => registerService(state, decoded.value, options))
    await sync.settled()
  }
  const deregister = async (id: string) => {
    await local.submit(state => deregisterService(state, 'default', 'default', id))
    await sync.settled()
  }
  const ids = () => store.list('services', 'all', ['default', ''].join('\u001f')).map(row => row.ID)
  const check = (id: string) =>
    store.list('checks', 'all', ['default', ''].join('\u001f')).find(row => row.CheckID === id)
  const setTime = (ms: number) => {
    time = ms
  }
  return { store, catalog, local, sync, checks, clock, lines, register, deregister, ids, check, setTime }
}

const checkKey = (id: string) => ['default', 'default', id].join('\u001f')

describe('anti-entropy', () => {
  it('shows the node, its liveness and the service of servers at start', async () => {
    const agent = await startAgent()
    expect(agent.ids()).toEqual(['consul'])
    expect(agent.check('serfHealth')).toMatchObject({ Status: 'passing', Node: 'n1' })
  })

  it('has a registration in the catalog as soon as it is acknowledged, and its removal too', async () => {
    const agent = await startAgent()
    await agent.register({ Name: 'web', Port: 80, Connect: { SidecarService: {} } })
    expect(agent.ids()).toEqual(['consul', 'web', 'web-sidecar-proxy'])
    await agent.deregister('web')
    expect(agent.ids()).toEqual(['consul'])
  })

  it('removes at its start what the catalog has and nobody here knows', async () => {
    const agent = await startAgent()
    const ghost = serviceRow('n1', 'ghost')
    await agent.catalog.submit(() => done([{ table: 'services', key: instanceKey(ghost), row: ghost }]))
    expect(agent.ids()).toContain('ghost')
    await agent.sync.start()
    expect(agent.ids()).toEqual(['consul'])
  })
})

describe('health checks', () => {
  it('let a ttl check follow its application, into silence too', async () => {
    const agent = await startAgent()
    await agent.register({ Name: 'web', Check: { TTL: '10s' } })
    expect(agent.check('service:web')?.Status).toBe('critical')
    expect(agent.checks.updateTtl(checkKey('service:web'), 'passing', 'fine')).toBe(true)
    await expect.poll(() => agent.check('service:web')).toMatchObject({ Status: 'passing', Output: 'fine' })
    await agent.clock.advance(10_001)
    await expect.poll(() => agent.check('service:web')?.Status).toBe('critical')
  })

  it('refuse to be told the status of a check that is not ttl', async () => {
    const agent = await startAgent()
    await agent.register({ Name: 'web', Check: { TCP: '127.0.0.1:1', Interval: '10s' } })
    expect(agent.checks.updateTtl(checkKey('service:web'), 'passing', '')).toBe(false)
  })

  it('let an alias follow the service it stands for', async () => {
    const agent = await startAgent()
    await agent.register({ Name: 'web', Check: { TTL: '10s' } })
    await agent.register({ Name: 'beside', Check: { AliasService: 'web' } })
    await expect.poll(() => agent.check('service:beside')?.Status).toBe('critical')
    agent.checks.updateTtl(checkKey('service:web'), 'warning', 'slow')
    await expect.poll(() => agent.check('service:beside')?.Status).toBe('warning')
    await agent.deregister('web')
    await expect.poll(() => agent.check('service:beside')?.Output).toContain('could not be found')
  })

  it('end with their service, and leave no timer', async () => {
    const agent = await startAgent()
    await agent.register({ Name: 'web', Check: { TTL: '10s' } })
    expect(agent.clock.pending()).toBe(1)
    await agent.deregister('web')
    expect(agent.clock.pending()).toBe(0)
  })
})
