import { describe, expect, it } from 'vitest'
import { checkRow, nodeRow, serviceRow } from '../../../test/support/catalog-rows.ts'
import { checkKey } from '../model/check.ts'
import { nodeKey } from '../model/node.ts'
import { instanceKey } from '../model/service.ts'
import { filingProblem } from './filing.ts'
import type { TableName } from './tables.ts'

describe('filing a row', () => {
  it('is possible for rows as reduce makes them', () => {
    const [node, service, check] = [nodeRow('a'), serviceRow('a', 'web'), checkRow('a', 'c')]
    expect(filingProblem('nodes', nodeKey(node), node)).toBeUndefined()
    expect(filingProblem('services', instanceKey(service), service)).toBeUndefined()
    expect(filingProblem('checks', checkKey(check), check)).toBeUndefined()
    expect(filingProblem('caRoots', '', {})).toBeUndefined()
  })

  const OTHER_KEY = 'a row under a key that is not its own'
  const INCOMPLETE = 'a row without what it is listed by'
  const rows: readonly (readonly [what: string, table: TableName, key: string, row: object, problem: string])[] = [
    ['under the key of another', 'nodes', nodeKey(nodeRow('b')), nodeRow('a'), OTHER_KEY],
    ['without a name', 'nodes', nodeKey(nodeRow('a')), { Partition: 'default', PeerName: '' }, INCOMPLETE],
    ['without anything', 'services', 'k', {}, INCOMPLETE],
    ['with a number for a name', 'partitions', 'x', { Name: 7 }, OTHER_KEY],
    ['with a list for a partition', 'agents', nodeKey(nodeRow('a')), { Node: 'a', Partition: ['default'] }, OTHER_KEY],
  ]
  it.each(rows)('is not possible for one %s', (_, table, key, row, problem) => {
    expect(filingProblem(table, key, row)).toBe(problem)
  })

  it('is not possible for a proxy that lacks what it is listed by', () => {
    const { Proxy: _, ...row } = serviceRow('a', 'web-proxy', { Kind: 'connect-proxy' })
    expect(filingProblem('services', instanceKey(serviceRow('a', 'web-proxy')), row)).toBe(INCOMPLETE)
  })

  it('is not possible where it would be listed under something that is no text', () => {
    const row = { Partition: { toString: () => 'default' }, Name: 'x' }
    expect(filingProblem('namespaces', ['default', 'x'].join('\u001f'), row)).toBe(INCOMPLETE)
  })
})
