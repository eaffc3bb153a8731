import { describe, expect, it } from 'vitest'
import { nodeRow, TEST_SELF } from '../../../test/support/catalog-rows.ts'
import { nodeKey } from '../../core/model/node.ts'
import { Store } from '../../core/store/store.ts'
import type { Effect } from '../http/api-deps.ts'
import { selfEffects } from './agent-self.ts'

const request: Parameters<Effect>[0] = {
  ...{
    method: 'GET',
    params: {},
    query: new URLSearchParams(),
    datacenter: 'dc1',
    body: undefined,
    now: 0,
    freshId: '',
  },
  tenancy: { Partition: 'default', Namespace: 'default' },
}
const context = { token: '', signal: new AbortController().signal }

function setUp() {
  const store = new Store(TEST_SELF)
  const nothing = async () => {}
  const effects = selfEffects({
    store,
    about: { version: '1.0.0', grpcPort: 8502, grpcTlsPort: -1, meta: {}, debugConfig: {} },
    ...{ reload: nothing, leave: nothing, joinWan: nothing, joinLan: nothing, forceLeave: nothing },
  })
  const ask = async () => await effects['agent-self']?.(request, context)
  return { store, ask }
}

describe('what an agent says of itself', () => {
  it('is the very same answer as long as nothing in it has changed', async () => {
    const { ask } = setUp()
    expect(await ask()).toBe(await ask())
  })

  it('is told anew after a commit, and after something was learnt of the cluster', async () => {
    const { store, ask } = setUp()
    store.apply([{ table: 'nodes', key: nodeKey(nodeRow('a')), row: nodeRow('a') }], 7)
    const committed = await ask()
    expect(JSON.parse(String(committed?.body))).toMatchObject({ Stats: { consul: { index: '7' } } })
    store.learn({ primaryDatacenter: 'elsewhere', defaultAllow: true })
    expect(JSON.parse(String((await ask())?.body))).toMatchObject({ Config: { PrimaryDatacenter: 'elsewhere' } })
  })
})
