import { describe, expect, it } from 'vitest'
import { describeIssues } from '../../lib/schema.ts'
import { serviceRouter } from './service-router.ts'

function decode(route: object) {
  return serviceRouter.decode({ Kind: 'service-router', Name: 'web', Routes: [route] })
}

function problem(route: object): string {
  const decoded = decode(route)
  return decoded.ok ? 'accepted' : describeIssues(decoded.issues)
}

describe('service-router', () => {
  it('shows timeouts as Go strings and methods in capitals', () => {
    const decoded = decode({
      match: { http: { path_prefix: '/a', methods: ['get', 'PUT'] } },
      destination: { request_timeout: '90s', idle_timeout: 5_000_000_000, num_retries: 3 },
    })
    expect(decoded.ok && decoded.value.Routes).toEqual([
      {
        Match: { HTTP: { PathPrefix: '/a', Methods: ['GET', 'PUT'] } },
        Destination: { RequestTimeout: '1m30s', IdleTimeout: '5s', NumRetries: 3 },
      },
    ])
  })

  it.each([
    [
      { PathExact: '/a', PathPrefix: '/b' },
      'Route[0] should only contain at most one of PathExact, PathPrefix, or PathRegex',
    ],
    [{ PathPrefix: 'a' }, `Route[0] PathPrefix doesn't start with '/': "a"`],
    [{ PathRegex: 'a.*' }, 'accepted'],
    [{ PathRegex: 'a(' }, 'Route[0] PathRegex is not a valid regular expression'],
    [{ QueryParam: [{ Name: 'x', Regex: '(?=a)' }] }, 'QueryParam[0] is not a valid regular expression'],
    [{ Header: [{ Exact: 'x' }] }, 'Route[0] Header[0] missing required Name field'],
    [{ Header: [{ Name: 'x' }] }, 'Header[0] should only contain one of Present, Exact, Prefix, Suffix, or Regex'],
    [{ Header: [{ Name: 'x', Exact: 'a', Prefix: 'b' }] }, 'should only contain one of'],
    [{ QueryParam: [{ Name: 'x', Present: true }] }, 'accepted'],
    [{ QueryParam: [{ Name: 'x' }] }, 'QueryParam[0] should only contain one of Present, Exact, or Regex'],
    [{ Methods: ['FETCH'] }, 'contains an invalid method "FETCH"'],
    [{ Methods: ['GET', 'get'] }, 'contains "GET" more than once'],
  ])('answers the match %j with %s', (match, message) => {
    expect(problem({ Match: { HTTP: match } })).toContain(message)
  })

  it('rewrites a prefix only where a path is matched', () => {
    expect(problem({ Destination: { PrefixRewrite: '/' } })).toContain(
      'without configuring either PathExact or PathPrefix',
    )
    expect(problem({ Match: { HTTP: { PathPrefix: '/a' } }, Destination: { PrefixRewrite: '/' } })).toBe('accepted')
  })

  it('knows the conditions on which Envoy retries', () => {
    expect(problem({ Destination: { RetryOn: ['5xx', 'reset'] } })).toBe('accepted')
    expect(problem({ Destination: { RetryOn: ['always'] } })).toContain('invalid retry condition: "always"')
  })
})
