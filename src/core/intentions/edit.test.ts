import { describe, expect, it } from 'vitest'
import { describeIssues } from '../../lib/schema.ts'
import { deleteSource, findSource, findSourceById, upsertSource } from './edit.ts'

const API = { Name: 'api', Namespace: 'default', Partition: 'default' }
const source = (name: string, action: 'allow' | 'deny', more: object = {}) => {
  return { Name: name, Action: action, Precedence: 0, Type: 'consul', ...more } as const
}

type Source = Parameters<typeof upsertSource>[2]

function written(...sources: readonly Source[]) {
  let entry: ReturnType<typeof put> | undefined
  for (const each of sources) entry = put(entry, each)
  if (entry === undefined) throw new Error('no sources')
  return entry
}

function put(current: Parameters<typeof upsertSource>[0], each: Source) {
  const result = upsertSource(current, API, each)
  if (!result.ok) throw new Error(describeIssues(result.issues))
  return result.value
}

describe('writing one intention', () => {
  it('makes the entry of the destination when there is none', () => {
    expect(written(source('web', 'allow'))).toEqual({
      Kind: 'service-intentions',
      ...API,
      Sources: [{ Name: 'web', Action: 'allow', Precedence: 9, Type: 'consul' }],
    })
  })

  it('adds to the entry in the order in which intentions win', () => {
    const entry = written(source('*', 'deny'), source('web', 'allow'), source('admin', 'allow'))
    expect(entry.Sources.map(each => each.Name)).toEqual(['web', 'admin', '*'])
  })

  it('replaces the intention of the same source whole', () => {
    const entry = written(source('web', 'allow', { Description: 'old', LegacyID: 'id-1' }), source('web', 'deny'))
    expect(entry.Sources).toEqual([{ Name: 'web', Action: 'deny', Precedence: 9, Type: 'consul' }])
  })

  it('tells a peer’s service from ours', () => {
    expect(written(source('web', 'allow'), source('web', 'deny', { Peer: 'east' })).Sources).toHaveLength(2)
  })

  it('refuses what the entry would refuse', () => {
    const result = upsertSource(undefined, API, { Name: 'we*', Precedence: 0, Type: 'consul' })
    expect(result.ok || describeIssues(result.issues)).toContain("Sources[0].Action must be set to 'allow' or 'deny'")
  })

  it('keeps the rest of the entry', () => {
    const current = { ...written(source('web', 'allow')), Meta: { team: 'a' } }
    expect(put(current, source('shop', 'allow')).Meta).toEqual({ team: 'a' })
  })
})

describe('deleting one intention', () => {
  it('leaves the others', () => {
    const result = deleteSource(written(source('web', 'allow'), source('*', 'deny')), { Name: 'web' })
    expect(result).toMatchObject({ outcome: 'removed', entry: { Sources: [{ Name: '*' }] } })
  })

  it('of the last source leaves no entry', () => {
    expect(deleteSource(written(source('web', 'allow')), { Name: 'web', Namespace: 'default' })).toEqual({
      outcome: 'entry-empty',
    })
  })

  it('that does not exist changes nothing', () => {
    expect(deleteSource(undefined, { Name: 'web' })).toEqual({ outcome: 'absent' })
    expect(deleteSource(written(source('web', 'allow')), { Name: 'web', Peer: 'east' })).toEqual({ outcome: 'absent' })
  })
})

describe('finding one intention', () => {
  const entry = written(source('web', 'allow', { LegacyID: 'id-1' }), source('shop', 'deny'))

  it('works by source, and by the ID of the deprecated API', () => {
    expect(findSource(entry, { Name: 'shop', Partition: 'default' })?.Action).toBe('deny')
    expect(findSource(entry, { Name: 'other' })).toBeUndefined()
    expect(findSourceById(entry, 'id-1')?.Name).toBe('web')
  })
})
