import { describe, expect, it } from 'vitest'
import { requestOf } from '../../../test/support/route-request.ts'
import { DEFAULT_TENANCY } from '../model/tenancy.ts'
import { decodeExactIntention, decodeLegacyIntention, parseServiceId, sourceParam } from './decode-intention.ts'

const ID = (name: string, namespace = 'default') => ({ Name: name, Namespace: namespace, Partition: 'default' })

describe('service names of intentions', () => {
  it('may carry namespace and partition', () => {
    for (const text of ['web', 'default/web', 'default/default/web']) {
      expect(parseServiceId('source', text, DEFAULT_TENANCY)).toEqual(ID('web'))
    }
    expect(parseServiceId('source', '*/*', DEFAULT_TENANCY)).toEqual(ID('*', '*'))
  })

  it('are refused with too many parts, empty parts, and tenancies that do not exist', () => {
    for (const text of ['a/b/c/d', '/web', 'web/', 'east/web', 'east/default/web', '*/web', 'a\u001fb']) {
      expect(() => parseServiceId('source', text, DEFAULT_TENANCY)).toThrow(/Invalid source|source .* is invalid/)
    }
  })

  it('may be those of a peer as a source', () => {
    expect(sourceParam(requestOf({ search: 'source=peer:p/web' }))).toEqual({ Name: 'web', Peer: 'p' })
    expect(() => sourceParam(requestOf({}))).toThrow("required query parameter 'source' not set")
  })
})

describe('an exact intention', () => {
  const search = 'source=web&destination=api'

  it('is named by the query, whatever its body says', () => {
    const body = { SourceName: 'x', DestinationName: 'y', ID: 'z', Action: 'allow', Description: 'why', Precedence: 3 }
    expect(decodeExactIntention(requestOf({ search, body }))).toEqual({
      destination: ID('api'),
      source: { Name: 'web', Type: 'consul', Precedence: 0, Action: 'allow', Description: 'why' },
      meta: undefined,
    })
  })

  it('may carry permissions', () => {
    const body = { Permissions: [{ Action: 'deny', HTTP: { PathPrefix: '/admin' } }] }
    expect(decodeExactIntention(requestOf({ search, body })).source).toMatchObject(body)
  })

  it('refuses metadata, peers and unknown fields', () => {
    const refused =
      (body: object, query = search) =>
      () =>
        decodeExactIntention(requestOf({ search: query, body }))
    expect(refused({ Action: 'allow', Meta: { a: 'b' } })).toThrow('Meta must not be specified')
    expect(refused({ Action: 'allow' }, 'source=peer:p/web&destination=api')).toThrow('a peer cannot be a source')
    expect(refused({ Acton: 'allow' })).toThrow('unknown field "Acton"; did you mean "Action"?')
    expect(refused({ Action: 'perhaps' })).toThrow("must be set to 'allow' or 'deny'")
  })
})

describe('an intention of the deprecated API', () => {
  it('names everything itself', () => {
    const body = { SourceName: 'web', DestinationName: '*', Action: 'deny', Meta: { a: 'b' } }
    expect(decodeLegacyIntention(requestOf({ body }))).toEqual({
      destination: ID('*'),
      source: { Name: 'web', Type: 'consul', Precedence: 0, Action: 'deny' },
      meta: { a: 'b' },
    })
  })

  it('refuses missing names, other tenancies and permissions', () => {
    const refused = (body: object) => () => decodeLegacyIntention(requestOf({ body }))
    expect(refused({ SourceName: 'web', Action: 'deny' })).toThrow('DestinationName: is required')
    expect(refused({ SourceName: 'web', SourceNS: 'east', DestinationName: 'api' })).toThrow('no namespace "east"')
    expect(refused({ SourceName: 'web', DestinationName: 'api', Permissions: [{ Action: 'deny' }] })).toThrow(
      'Permissions',
    )
  })
})
