import { describe, expect, it } from 'vitest'
import { describeIssues } from '../../lib/schema.ts'
import { serviceIntentions } from './service-intentions.ts'

function decode(sources: readonly object[], fields: object = {}) {
  return serviceIntentions.decode({ Kind: 'service-intentions', Name: 'api', Sources: sources, ...fields })
}

function problem(sources: readonly object[], fields: object = {}): string {
  const decoded = decode(sources, fields)
  return decoded.ok ? 'accepted' : describeIssues(decoded.issues)
}

function permission(http: object): readonly object[] {
  return [{ Name: 'web', Permissions: [{ Action: 'allow', HTTP: http }] }]
}

describe('service-intentions', () => {
  it('fills in precedence and type, lower-cases actions and sorts by precedence alone', () => {
    const decoded = decode([
      { Name: '*', Action: 'Deny' },
      { Name: 'web', Peer: 'east', Action: 'allow' },
      { Name: 'web', Action: 'ALLOW', Description: 'shop' },
      { Name: 'admin', Action: 'allow' },
    ])
    expect(decoded.ok && decoded.value.Sources).toEqual([
      { Name: 'web', Peer: 'east', Action: 'allow', Precedence: 9, Type: 'consul' },
      { Name: 'web', Action: 'allow', Description: 'shop', Precedence: 9, Type: 'consul' },
      { Name: 'admin', Action: 'allow', Precedence: 9, Type: 'consul' },
      { Name: '*', Action: 'deny', Precedence: 8, Type: 'consul' },
    ])
  })

  it('ranks intentions for all services below those for one', () => {
    const decoded = decode(
      [
        { Name: '*', Action: 'deny' },
        { Name: 'web', Action: 'allow' },
      ],
      { Name: '*' },
    )
    expect(decoded.ok && decoded.value.Sources.map(source => source.Precedence)).toEqual([6, 5])
  })

  it('computes precedence anew when an entry that was read is written back', () => {
    const decoded = decode([{ Name: 'web', Action: 'allow', Precedence: 3, Type: 'consul' }])
    expect(decoded.ok && decoded.value.Sources[0]?.Precedence).toBe(9)
  })

  it('keeps the order of permissions and puts their methods in capitals', () => {
    const permissions = [
      { Action: 'deny', HTTP: { PathExact: '/admin', Methods: ['get'] } },
      { Action: 'allow', HTTP: { PathPrefix: '/' } },
    ]
    const decoded = decode([{ Name: 'web', Permissions: permissions }])
    expect(decoded.ok && decoded.value.Sources[0]?.Permissions).toEqual([
      { Action: 'deny', HTTP: { PathExact: '/admin', Methods: ['GET'] } },
      { Action: 'allow', HTTP: { PathPrefix: '/' } },
    ])
  })

  it.each([
    [[], 'At least one source is required.'],
    [[{ Action: 'allow' }], 'Sources[0].Name is required'],
    [[{ Name: 'web' }], "Sources[0].Action must be set to 'allow' or 'deny'"],
    [[{ Name: 'web', Action: 'block' }], "Sources[0].Action must be set to 'allow' or 'deny'"],
    [[{ Name: 'we*', Action: 'allow' }], "Sources[0].Name: wildcard character '*' cannot be used with partial values"],
    [[{ Name: 'web', Namespace: '*', Action: 'allow' }], 'exact value cannot follow wildcard namespace'],
    [
      [{ Name: 'web', Peer: 'e*', Action: 'allow' }],
      "Sources[0].Peer: wildcard character '*' cannot be used with partial",
    ],
    [[{ Name: 'web', Partition: '*', Action: 'allow' }], 'Sources[0].Partition cannot use or contain wildcard'],
    [[{ Name: 'web', Peer: 'a', Partition: 'b', Action: 'allow' }], 'cannot set Peer and Partition at the same time'],
    [
      [
        { Name: 'web', Action: 'allow' },
        { Name: 'web', Action: 'deny', Namespace: 'default' },
      ],
      'Sources[1] defines "web" more than once',
    ],
    [
      [
        { Name: 'web', Action: 'allow' },
        { Name: 'web', Peer: 'east', Action: 'deny' },
      ],
      'accepted',
    ],
    [[{ Name: 'web', Action: 'allow', Type: 'vault' }], 'Sources[0].Type: invalid value "vault"'],
    [[{ Name: 'web', Action: 'allow', Description: 'x'.repeat(513) }], 'Description exceeds maximum length 512'],
    [[{ Name: 'web', Action: 'allow', LegacyID: 'x' }], 'Sources[0].LegacyID must be omitted'],
  ])('answers the sources %j with %s', (sources, message) => {
    expect(problem(sources)).toContain(message)
  })

  it('prints the message of Consul without a doubled path', () => {
    expect(problem([{ Name: 'web' }])).toBe("Sources[0].Action must be set to 'allow' or 'deny'")
  })

  it('takes an action or permissions, and permissions only for one destination', () => {
    const source = { Name: 'web', Permissions: [{ Action: 'allow', HTTP: { PathExact: '/' } }] }
    expect(problem([{ ...source, Action: 'allow' }])).toContain('Action must be omitted if Permissions are specified')
    expect(problem([source], { Name: '*' })).toContain(
      'Permissions cannot be specified on intentions with wildcarded destinations',
    )
    expect(problem([{ Name: 'web', Action: 'deny' }], { Name: 'ap*' })).toContain('cannot be used with partial values')
  })

  it.each([
    [
      { PathExact: '/a', PathRegex: '/b' },
      'HTTP should only contain at most one of PathExact, PathPrefix, or PathRegex',
    ],
    [{ PathExact: 'a' }, `Sources[0].Permissions[0].HTTP.PathExact doesn't start with '/': "a"`],
    [{ Header: [{ Present: true }] }, 'Header[0] missing required Name field'],
    [{ Header: [{ Name: 'x', Exact: 'a', Contains: 'b' }] }, 'should only contain one of Present, Exact, Prefix'],
    [{ Header: [{ Name: 'x', Regex: 'a', IgnoreCase: true }] }, 'when using IgnoreCase'],
    [{ Header: [{ Name: 'x', Suffix: 'a', IgnoreCase: true, Invert: true }] }, 'accepted'],
    [{ PathRegex: '[a' }, 'Sources[0].Permissions[0].HTTP.PathRegex is not a valid regular expression'],
    [{ Header: [{ Name: 'x', Regex: '*' }] }, 'Header[0] is not a valid regular expression'],
    [{ Methods: ['GET', 'BREW'] }, 'contains an invalid method "BREW"'],
  ])('answers the permission %j with %s', (http, message) => {
    expect(problem(permission(http))).toContain(message)
  })

  it('requires an action and a condition in each permission', () => {
    expect(problem([{ Name: 'web', Permissions: [{ HTTP: { PathExact: '/' } }] }])).toContain(
      "Sources[0].Permissions[0].Action must be set to 'allow' or 'deny'",
    )
    expect(problem([{ Name: 'web', Permissions: [{ Action: 'allow' }] }])).toContain('HTTP or JWT is required')
  })

  it('requires names of JWT providers and paths of their claims', () => {
    const allow = [{ Name: 'web', Action: 'allow' }]
    expect(problem(allow, { JWT: { Providers: [{}] } })).toContain('JWT provider name is required')
    const claims = { Providers: [{ Name: 'okta', VerifyClaims: [{ Value: 'x' }] }] }
    expect(problem(allow, { JWT: claims })).toContain('JWT.Providers[0].VerifyClaims[0].Path: claim path is required')
  })
})
