import { describe, expect, it } from 'vitest'
import type { Indexed } from '../model/row.ts'
import type { Bucket } from './graph.ts'
import { Table } from './table.ts'

interface Row extends Indexed {
  readonly id: string
  readonly group: string | undefined
}

function row(id: string, group: string | undefined, revision: number): Row {
  return { id, group, CreateIndex: 1, ModifyIndex: revision }
}

function makeTable(kind: 'replicated' | 'local' = 'replicated'): Table<Row> {
  return new Table<Row>({ class: kind, key: row => row.id, indexes: { group: row => row.group } })
}

function touchedBy(change: (touched: (bucket: Bucket) => void) => void): Bucket[] {
  const buckets: Bucket[] = []
  change(bucket => buckets.push(bucket))
  return buckets
}

const ignore = () => {}

describe('a table', () => {
  it('lists the rows of a group in key order, without those that belong to none', () => {
    const table = makeTable()
    table.put('b', row('b', 'x', 1), ignore)
    table.put('a', row('a', 'x', 1), ignore)
    table.put('c', row('c', undefined, 1), ignore)
    expect(table.list('group', 'x').map(each => each.id)).toEqual(['a', 'b'])
    expect([...table.indexKeys('group')]).toEqual(['x'])
    expect(table.list('group', 'y')).toEqual([])
  })

  it('touches the buckets of the row, of the group it leaves and of the group it joins', () => {
    const table = makeTable()
    table.put('a', row('a', 'x', 1), ignore)
    const [key, left, joined] = [
      table.keyBucket('a', 1),
      table.groupBucket('group', 'x', 1),
      table.groupBucket('group', 'y', 1),
    ]
    const other = table.keyBucket('b', 1)
    expect(touchedBy(touched => table.put('a', row('a', 'y', 2), touched))).toEqual([key, left, joined])
    expect(touchedBy(touched => table.remove('a', 3, touched))).toEqual([key, joined])
    expect(touchedBy(touched => table.remove('a', 4, touched))).toEqual([])
    expect(other.index).toBe(0)
  })

  it('stays as it is when a row cannot be listed', () => {
    const table = new Table<Row>({
      ...{ class: 'replicated', key: row => row.id },
      indexes: { group: row => row.group, length: row => String(row.group?.length.toFixed()) },
    })
    table.put('a', row('a', 'x', 1), ignore)
    const broken = { ...row('a', 'y', 2), group: 7 as unknown as string }
    const touched = touchedBy(note => expect(() => table.put('a', broken, note)).toThrow(TypeError))
    expect([touched, [...table.entries()], table.list('group', 'x').length]).toEqual([[], [['a', row('a', 'x', 1)]], 1])
  })

  it('gives a new bucket the highest revision of its rows', () => {
    const table = makeTable()
    table.put('a', row('a', 'x', 4), ignore)
    table.put('b', row('b', 'x', 9), ignore)
    expect([table.groupBucket('group', 'x', 1).index, table.keyBucket('a', 1).index]).toEqual([9, 4])
  })

  it('gives no bucket an index below a removal, or below a move out of its group', () => {
    const removed = makeTable()
    removed.put('a', row('a', 'x', 4), ignore)
    removed.remove('a', 6, ignore)
    expect(removed.groupBucket('group', 'x', 1).index).toBe(6)
    expect(removed.keyBucket('a', 1).index).toBe(6)

    const moved = makeTable()
    moved.put('a', row('a', 'x', 4), ignore)
    moved.put('a', row('a', 'y', 7), ignore)
    expect(moved.groupBucket('group', 'x', 1).index).toBe(7)
  })

  it('gives no bucket a lower index than the forgotten one had', () => {
    const table = makeTable()
    table.groupBucket('group', 'x', 1).mark(8, 2)
    const followed = table.keyBucket('a', 1)
    followed.observe({ notify: ignore })
    table.sweep()
    expect(table.groupBucket('group', 'x', 1).index).toBe(8)
    expect(table.keyBucket('a', 1)).toBe(followed)
  })

  it('shows no revision of local rows', () => {
    const table = makeTable('local')
    table.put('a', row('a', 'x', 4), ignore)
    expect(table.groupBucket('group', 'x', 1).index).toBe(0)
  })
})
