import { describe, expect, it } from 'vitest'
import { requestOf } from '../../../test/support/route-request.ts'
import { casParam, nodeMetaParam, parseFlag, pathParam, peerParam, readTenancy } from './request-params.ts'

describe('request parameters', () => {
  it('name what is missing in the path', () => {
    const request = requestOf({ params: { service: '' } })
    expect(() => pathParam(request, 'service', 'service name')).toThrow('Missing service name')
  })

  it('read pairs of node metadata at the first colon', () => {
    const request = requestOf({ search: 'node-meta=a:b:c&node-meta=d' })
    expect(nodeMetaParam(request)).toEqual([
      ['a', 'b:c'],
      ['d', ''],
    ])
  })

  it('take the peer by either name', () => {
    expect(peerParam(requestOf({ search: 'peer=p' }))).toBe('p')
    expect(peerParam(requestOf({ search: 'peer-name=p' }))).toBe('p')
    expect(peerParam(requestOf({}))).toBe('')
  })

  it('read flags as Go does', () => {
    expect(['1', 'T', 'true', '0', 'False', 'yes'].map(parseFlag)).toEqual([true, true, true, false, false, undefined])
  })

  it('refuse a cas that is no index', () => {
    expect(casParam(requestOf({}))).toBeUndefined()
    expect(casParam(requestOf({ search: 'cas=7' }))).toBe(7)
    for (const text of ['-1', '1.5', 'x', '99999999999999999999']) {
      expect(() => casParam(requestOf({ search: `cas=${text}` }))).toThrow('Invalid value for ?cas')
    }
  })

  it('name the default tenancy unless they say otherwise', () => {
    expect(readTenancy({ namespace: undefined, partition: '' })).toEqual({ Partition: 'default', Namespace: 'default' })
    expect(readTenancy({ namespace: 'x', partition: 'y' })).toEqual({ Partition: 'y', Namespace: 'x' })
  })
})
