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

  it('are those of the request where they say nothing else', () => {
    const tenancy = { Partition: 'finance', Namespace: 'dev' }
    expect(parseServiceId('source', 'web', tenancy)).toEqual({ Name: 'web', ...tenancy })
    expect(parseServiceId('source', 'a/web', tenancy)).toEqual({ Name: 'web', Partition: 'finance', Namespace: 'a' })
    expect(parseServiceId('source', 'p/a/web', tenancy)).toEqual({ Name: 'web', Partition: 'p', Namespace: 'a' })
  })

  it('are refused with too many parts, empty parts, and wildcards in the wrong place', () => {
    for (const text of ['a/b/c/d', '/web', 'web/', '*/default/web', '*/web', 'a\u001fb']) {
      expect(() => parseServiceId('source', text, DEFAULT_TENANCY)).toThrow(/Invalid source|source .* is invalid/)
    }
  })

  it('may be those of a peer as a source', () => {
    expect(sourceParam(requestOf({ search: 'source=peer:p/web' }), ID('api'))).toEqual({ Name: 'web', Peer: 'p' })
    expect(() => sourceParam(requestOf({}), ID('api'))).toThrow("required query parameter 'source' not set")
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

  it('says where its source is when that is not where the destination is', () => {
    const query = 'source=default/default/web&destination=api'
    const tenancy = { Partition: 'finance', Namespace: 'dev' }
    expect(decodeExactIntention(requestOf({ search: query, body: { Action: 'allow' }, tenancy }))).toMatchObject({
      destination: { Name: 'api', ...tenancy },
      source: { Name: 'web', Partition: 'default' },
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
    expect(refused({ Action: 'allow', SourceSamenessGroup: 'g' })).toThrow('a sameness group cannot be a source')
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

  it('refuses missing names and permissions', () => {
    const refused = (body: object) => () => decodeLegacyIntention(requestOf({ body }))
    expect(refused({ SourceName: 'web', Action: 'deny' })).toThrow('DestinationName: is required')
    expect(refused({ SourceName: 'web', DestinationName: 'api', Permissions: [{ Action: 'deny' }] })).toThrow(
      'Permissions',
    )
  })
})
