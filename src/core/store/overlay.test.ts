import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nodeRow, serviceRow, TEST_SELF } from '../../../test/support/catalog-rows.ts'
import { nodeKey } from '../model/node.ts'
import { instanceKey } from '../model/service.ts'
import { serviceKey, serviceName } from '../model/tenancy.ts'
import { Overlay } from './overlay.ts'
import { Store, type Write } from './store.ts'

function putting(node: string, id: string, name: string): Write {
  const row = serviceRow(node, name, { ID: id })
  return { table: 'services', key: instanceKey(row), row }
}

describe('an overlay', () => {
  it('shows pending rows in place of stored ones and hides removed ones', () => {
    const store = new Store(TEST_SELF)
    const [a, b] = [nodeRow('a'), nodeRow('b')]
    store.apply(
      [a, b].map(row => ({ table: 'nodes', key: nodeKey(row), row })),
      1,
    )
    const overlay = new Overlay(store)
    overlay.add([
      { table: 'nodes', key: nodeKey(a), row: undefined },
      { table: 'nodes', key: nodeKey(b), row: nodeRow('b', { Address: '10.0.0.9' }) },
    ])
    expect(overlay.get('nodes', nodeKey(a))).toBeUndefined()
    expect(overlay.list('nodes', 'all', 'default\u001f')).toMatchObject([{ Node: 'b', Address: '10.0.0.9' }])
    expect(store.list('nodes', 'all', 'default\u001f')).toHaveLength(2)
  })

  it('lists what a store lists after the same writes', () => {
    const write = fc
      .record({
        node: fc.constantFrom('a', 'b'),
        id: fc.constantFrom('1', '2', '3'),
        name: fc.constantFrom('web', 'api'),
        isGone: fc.boolean(),
      })
      .map(({ node, id, name, isGone }) =>
        isGone ? { ...putting(node, id, name), row: undefined } : putting(node, id, name),
      )
    fc.assert(
      fc.property(fc.array(write), fc.array(write), (before, after) => {
        const base = new Store(TEST_SELF)
        for (const each of before) base.apply([each], 1)
        const overlay = new Overlay(base)
        for (const each of after) overlay.add([each])
        const expected = new Store(TEST_SELF)
        for (const each of [...before, ...after]) expected.apply([each], 1)
        for (const name of ['web', 'api']) {
          const key = serviceKey(serviceName(name))
          const idsIn = (state: Overlay | Store) =>
            state.list('services', 'name', key).map(row => `${row.Node} ${row.ID}`)
          expect(idsIn(overlay)).toEqual(idsIn(expected))
        }
      }),
    )
  })
})
