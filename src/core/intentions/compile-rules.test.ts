import { describe, expect, it } from 'vitest'
import { describeIssues } from '../../lib/schema.ts'
import { serviceIntentions } from '../entries/service-intentions.ts'
import { compileRules } from './compile-rules.ts'
import { intentionsOf } from './intention.ts'
import type { RulesContext } from './rule-intention.ts'
import type { Permission, Principal, Rules } from './rules.ts'

const TD = 'td.consul'

const DENY: RulesContext = {
  defaultAllow: false,
  layer: 'l7',
  trustDomain: TD,
  partition: 'default',
  peers: new Map([['east', { trustDomain: 'east.consul', partition: 'part1' }]]),
  jwtIssuers: new Map([
    ['okta', 'mytest.okta-issuer'],
    ['auth0', 'mytest.auth0-issuer'],
  ]),
}
const ALLOW: RulesContext = { ...DENY, defaultAllow: true }

function intentions(sources: readonly object[], name = 'api', fields: object = {}) {
  const decoded = serviceIntentions.decode({ Kind: 'service-intentions', Name: name, Sources: sources, ...fields })
  if (!decoded.ok) throw new Error(describeIssues(decoded.issues))
  return intentionsOf({ ...decoded.value, CreateIndex: 1, ModifyIndex: 1 })
}

const allow = (name: string, more: object = {}) => ({ Name: name, Action: 'allow', ...more })
const deny = (name: string, more: object = {}) => ({ Name: name, Action: 'deny', ...more })
const requests = (name: string, ...permissions: object[]) => ({ Name: name, Permissions: permissions })
const path = (action: string, prefix: string) => ({ Action: action, HTTP: { PathPrefix: prefix } })

const svc = (name: string) => `^spiffe://td.consul/ns/default/dc/[^/]+/svc/${name}$`
const id = (name: string): Principal => ({ kind: 'identity', regex: svc(name) })
const any = id('[^/]+')
const at = (prefix: string): Permission => ({
  kind: 'path',
  match: { form: 'prefix', text: prefix, ignoreCase: false },
})

/** L4 principals of the rules, as text. */
function layer4(rules: Rules): string[] {
  const policy = rules.policies.find(each => each.name === 'consul-intentions-layer4')
  return (policy?.principals ?? []).map(text)
}

function text(principal: Principal): string {
  switch (principal.kind) {
    case 'identity':
      return principal.regex
        .replace(/^.*\/svc\//, '')
        .replace('[^/]+', '*')
        .replace('$', '')
    case 'and':
      return principal.parts.map(text).join(' ')
    case 'not':
      return `-${text(principal.part)}`
    default:
      return principal.kind
  }
}

describe('rules about connections, default deny', () => {
  it('without intentions let nobody in: an allow list without policies', () => {
    expect(compileRules([], DENY)).toEqual({ action: 'allow', policies: [] })
  })

  it('one allow: names the one', () => {
    expect(compileRules(intentions([allow('web')]), DENY)).toEqual({
      action: 'allow',
      policies: [{ name: 'consul-intentions-layer4', principals: [id('web')], permissions: [{ kind: 'any' }] }],
    })
  })

  it('service wildcard allow: any service of the trust domain', () => {
    expect(compileRules(intentions([allow('*')]), DENY).policies[0]?.principals).toEqual([any])
  })

  it('service wildcard deny: repeats the default, so nothing is left', () => {
    expect(compileRules(intentions([deny('*')]), DENY)).toEqual({ action: 'allow', policies: [] })
  })

  it('allow deny: the exception stands inside the wider allow', () => {
    const rules = compileRules(intentions([deny('web'), allow('*')]), DENY)
    expect(rules.policies).toEqual([
      {
        name: 'consul-intentions-layer4',
        principals: [{ kind: 'and', parts: [any, { kind: 'not', part: id('web') }] }],
        permissions: [{ kind: 'any' }],
      },
    ])
  })

  it('mixed precedence: an intention for one destination beats the same source for all', () => {
    const list = [...intentions([allow('web'), deny('*')]), ...intentions([deny('web'), allow('*')], '*')]
    expect(layer4(compileRules(list, DENY))).toEqual(['web'])
  })

  it('mixed precedence: a wildcard source for one destination beats an exact source for all', () => {
    const list = [...intentions([deny('*')]), ...intentions([allow('web')], '*')]
    expect(layer4(compileRules(list, DENY))).toEqual([])
  })

  it('kitchen sink: several allows and denies below a wildcard', () => {
    const list = intentions([allow('cron'), allow('web'), deny('unsafe'), allow('*')])
    expect(layer4(compileRules(list, DENY))).toEqual(['cron', 'web', '* -web -unsafe -cron'])
  })
})

describe('rules about connections, default allow', () => {
  it('without intentions let everybody in: a deny list without policies', () => {
    expect(compileRules([], ALLOW)).toEqual({ action: 'deny', policies: [] })
  })

  it('one deny: names the one', () => {
    expect(layer4(compileRules(intentions([deny('web')]), ALLOW))).toEqual(['web'])
  })

  it('service wildcard allow: repeats the default, so nothing is left', () => {
    expect(compileRules(intentions([allow('*')]), ALLOW)).toEqual({ action: 'deny', policies: [] })
  })

  it('service wildcard deny: any service of the trust domain', () => {
    expect(layer4(compileRules(intentions([deny('*')]), ALLOW))).toEqual(['*'])
  })

  it('kitchen sink: an allowed service is taken out of the wildcard deny', () => {
    const list = intentions([allow('cron'), deny('unsafe'), allow('web'), deny('*')])
    expect(layer4(compileRules(list, ALLOW))).toEqual(['unsafe', '* -web -unsafe -cron'])
  })
})

describe('names in rules', () => {
  it('carry the partition when it is not the default one', () => {
    const rules = compileRules(intentions([allow('web', { Partition: 'Front' })]), DENY)
    expect(rules.policies[0]?.principals).toEqual([
      { kind: 'identity', regex: '^spiffe://td.consul/ap/front/ns/default/dc/[^/]+/svc/web$' },
    ])
  })

  it('may be wildcards in the namespace, and wider sources contain narrower ones', () => {
    const list = intentions([
      deny('web', { Namespace: 'team' }),
      deny('*', { Namespace: 'team' }),
      allow('*', { Namespace: '*' }),
    ])
    const [principal] = compileRules(list, DENY).policies[0]?.principals ?? []
    expect(principal).toEqual({
      kind: 'and',
      parts: [
        { kind: 'identity', regex: '^spiffe://td.consul/ns/[^/]+/dc/[^/]+/svc/[^/]+$' },
        { kind: 'not', part: { kind: 'identity', regex: '^spiffe://td.consul/ns/team/dc/[^/]+/svc/[^/]+$' } },
      ],
    })
  })

  it('keep their dots, but cannot smuggle in a regular expression', () => {
    const regexes = compileRules(intentions([allow('a.b'), allow('x|(y)')]), DENY).policies[0]?.principals
    expect(regexes).toEqual([id('a.b'), id('x%7C\\(y\\)')])
  })
})

describe('rules about requests', () => {
  const l7 = (name: string) => (rules: Rules) => rules.policies.find(each => each.name === name)

  it('default deny, path allow: the path, for that source', () => {
    const rules = compileRules(intentions([requests('web', path('allow', '/my-prefix'))]), DENY)
    expect(rules).toEqual({
      action: 'allow',
      policies: [{ name: 'consul-intentions-layer7-0', principals: [id('web')], permissions: [at('/my-prefix')] }],
    })
  })

  it('default deny, path deny: repeats the default, so nothing is left', () => {
    expect(compileRules(intentions([requests('web', path('deny', '/'))]), DENY).policies).toEqual([])
  })

  it('default allow, path deny: the path, in a deny list', () => {
    const rules = compileRules(intentions([requests('web', path('deny', '/my-prefix'))]), ALLOW)
    expect(rules.action).toBe('deny')
    expect(rules.policies[0]?.permissions).toEqual([at('/my-prefix')])
  })

  it('default allow, path allow: repeats the default, so nothing is left', () => {
    expect(compileRules(intentions([requests('web', path('allow', '/'))]), ALLOW).policies).toEqual([])
  })

  it('default deny, deny all and path allow: the one path gets through', () => {
    const list = intentions([requests('web', path('allow', '/my-prefix')), deny('*')])
    expect(compileRules(list, DENY).policies.map(policy => policy.name)).toEqual(['consul-intentions-layer7-0'])
  })

  it('default allow, deny all and path allow: the source is taken out of the deny', () => {
    const list = intentions([requests('web', path('allow', '/my-prefix')), deny('*')])
    const rules = compileRules(list, ALLOW)
    expect(layer4(rules)).toEqual(['* -web'])
    expect(rules.policies).toHaveLength(1)
  })

  it('default allow, deny all and path deny: both, the policy numbered in the reduced list', () => {
    const list = intentions([requests('web', path('deny', '/my-prefix')), deny('*')])
    const rules = compileRules(list, ALLOW)
    expect(layer4(rules)).toEqual(['* -web'])
    expect(l7('consul-intentions-layer7-0')(rules)?.principals).toEqual([id('web')])
  })

  it('are numbered among all intentions that are left, those about connections too', () => {
    const list = intentions([allow('admin'), deny('bad'), requests('web', path('allow', '/'))])
    expect(compileRules(list, DENY).policies.map(policy => policy.name)).toEqual([
      'consul-intentions-layer4',
      'consul-intentions-layer7-1',
    ])
  })

  it('two path deny and path allow: later permissions lose what earlier ones decide', () => {
    const permissions = [path('deny', '/v1/secret'), path('deny', '/v1/admin'), path('allow', '/v1')]
    const list = intentions([requests('web', ...permissions)])
    expect(compileRules(list, DENY).policies[0]?.permissions).toEqual([
      {
        kind: 'and',
        parts: [at('/v1'), { kind: 'not', part: at('/v1/secret') }, { kind: 'not', part: at('/v1/admin') }],
      },
    ])
    expect(compileRules(list, ALLOW).policies[0]?.permissions).toEqual([
      at('/v1/secret'),
      { kind: 'and', parts: [at('/v1/admin'), { kind: 'not', part: at('/v1/secret') }] },
    ])
  })

  it('single intention with kitchen sink permissions: every form of path, header and method', () => {
    const forms = [
      { PathExact: '/v1/secret' },
      { PathRegex: '/v[123]' },
      {
        PathPrefix: '/a',
        Header: [
          { Name: 'x-foo', Present: true },
          { Name: 'x-bar', Exact: 'xyz', Invert: true },
          { Name: 'x-dib', Prefix: 'gaz', IgnoreCase: true },
          { Name: 'x-gir', Suffix: 'zim' },
          { Name: 'x-tik', Contains: 'tok' },
          { Name: 'x-zim', Regex: 'gi[rR]' },
        ],
        Methods: ['GET', 'post'],
      },
    ]
    const list = intentions([requests('web', ...forms.map(http => ({ Action: 'allow', HTTP: http })))])
    const [exact, regex, all] = compileRules(list, DENY).policies[0]?.permissions ?? []
    const header = (name: string, form: string, value: string, more: object = {}) => {
      return { kind: 'header', name, match: { form, text: value, ignoreCase: false }, invert: false, ...more }
    }
    expect(exact).toEqual({ kind: 'path', match: { form: 'exact', text: '/v1/secret', ignoreCase: false } })
    expect(regex).toMatchObject({ parts: [{ match: { form: 'regex', text: '/v[123]' } }, { kind: 'not' }] })
    expect(all).toMatchObject({ kind: 'and', parts: [{ kind: 'and' }, { kind: 'not' }, { kind: 'not' }] })
    expect(all?.kind === 'and' && all.parts[0]).toEqual({
      kind: 'and',
      parts: [
        at('/a'),
        { kind: 'header', name: 'x-foo', invert: false },
        header('x-bar', 'exact', 'xyz', { invert: true }),
        header('x-dib', 'prefix', 'gaz', { match: { form: 'prefix', text: 'gaz', ignoreCase: true } }),
        header('x-gir', 'suffix', 'zim'),
        header('x-tik', 'contains', 'tok'),
        header('x-zim', 'regex', 'gi[rR]'),
        { kind: 'method', anyOf: ['GET', 'POST'] },
      ],
    })
  })

  it('are refusals where the destination speaks tcp', () => {
    const list = intentions([requests('web', path('allow', '/')), allow('*')])
    expect(layer4(compileRules(list, { ...DENY, layer: 'l4' }))).toEqual(['* -web'])
  })
})

describe('rules about peers', () => {
  const east = { Peer: 'east' }
  const uriOf = (place: string, name: string): Principal => {
    return { kind: 'identity', regex: `^spiffe://${place}/ns/default/dc/[^/]+/svc/${name}$` }
  }

  it('know a peer by its trust domain and exporting partition on tcp', () => {
    const list = intentions([allow('web', east)])
    expect(compileRules(list, { ...DENY, layer: 'l4' }).policies[0]?.principals).toEqual([
      { kind: 'identity', regex: '^spiffe://east.consul/ap/part1/ns/default/dc/[^/]+/svc/web$' },
    ])
  })

  it('are left out while the peer’s trust bundle is not there', () => {
    expect(compileRules(intentions([allow('web', { Peer: 'west' })]), DENY).policies).toEqual([])
  })

  it('do not mix with those of this cluster: a wildcard of one says nothing about the other', () => {
    const list = intentions([deny('web', east), allow('*'), allow('*', east)])
    const rules = compileRules(list, { ...DENY, layer: 'l4' })
    expect(layer4(rules)).toEqual(['*', '* -web'])
  })

  it('peered kitchen sink: on HTTP the gateway is the caller and the header names who is behind it', () => {
    const list = intentions([allow('web'), allow('*', east), deny('web', east)])
    const forwarded = (name: string): Principal => ({
      kind: 'header',
      name: 'x-forwarded-client-cert',
      match: {
        form: 'regex',
        text: `^[^,]+;URI=spiffe://east.consul/ap/part1/ns/default/dc/[^/]+/svc/${name}(?:,.*)?$`,
        ignoreCase: false,
      },
      invert: false,
    })
    expect(compileRules(list, DENY).policies[0]?.principals).toEqual([
      id('web'),
      {
        kind: 'and',
        parts: [
          { kind: 'identity', regex: '^spiffe://td.consul/gateway/mesh/dc/[^/]+$' },
          { kind: 'and', parts: [forwarded('[^/]+'), { kind: 'not', part: forwarded('web') }] },
        ],
      },
    ])
  })

  it('mean every peer we know by a wildcard; what is said about one of them wins', () => {
    const peers = new Map([...DENY.peers, ['asia', { trustDomain: 'asia.consul', partition: '' }]])
    const list = intentions([allow('web', { Peer: '*' }), deny('web', east), allow('*', { Peer: '*' })])
    expect(compileRules(list, { ...DENY, peers, layer: 'l4' }).policies[0]?.principals).toEqual([
      { kind: 'identity', regex: '^spiffe://asia.consul/ns/default/dc/[^/]+/svc/web$' },
      { kind: 'and', parts: [uriOf('asia.consul', '[^/]+'), { kind: 'not', part: uriOf('asia.consul', 'web') }] },
      {
        kind: 'and',
        parts: [uriOf('east.consul/ap/part1', '[^/]+'), { kind: 'not', part: uriOf('east.consul/ap/part1', 'web') }],
      },
    ])
  })

  it('deny requests also to callers that come past their gateway', () => {
    const [principal] = compileRules(intentions([deny('web', east)]), ALLOW).policies[0]?.principals ?? []
    expect(principal).toMatchObject({
      kind: 'or',
      parts: [
        { kind: 'and' },
        { kind: 'identity', regex: '^spiffe://east.consul/ap/part1/ns/default/dc/[^/]+/svc/web$' },
      ],
    })
  })

  it('expect the gateway of the destination’s own partition', () => {
    const rules = compileRules(intentions([allow('web', east)]), { ...DENY, partition: 'back' })
    expect(rules.policies[0]?.principals[0]).toMatchObject({
      parts: [{ regex: '^spiffe://td.consul/ap/back/gateway/mesh/dc/[^/]+$' }, { kind: 'header' }],
    })
  })
})

describe('rules about tokens', () => {
  const okta = { Providers: [{ Name: 'okta', VerifyClaims: [{ Path: ['perms', 'role'], Value: 'admin' }] }] }
  const issuer = { kind: 'claim', provider: 'okta', path: ['iss'], value: 'mytest.okta-issuer' }
  const claim = { kind: 'claim', provider: 'okta', path: ['perms', 'role'], value: 'admin' }
  const token = { kind: 'and', parts: [issuer, claim] }

  it('top level JWT, no permissions: caller and token together', () => {
    const list = intentions([allow('web')], 'api', { JWT: okta })
    expect(compileRules(list, DENY).policies).toEqual([
      {
        name: 'consul-intentions-layer4',
        principals: [{ kind: 'and', parts: [id('web'), token] }],
        permissions: [{ kind: 'any' }],
      },
    ])
  })

  it('top level JWT with one permission: the token of the permission stands in the permission', () => {
    const auth0 = { Providers: [{ Name: 'auth0' }] }
    const list = intentions([requests('web', { ...path('allow', '/'), JWT: auth0 })], 'api', { JWT: okta })
    expect(compileRules(list, DENY).policies).toEqual([
      {
        name: 'consul-intentions-layer7-0',
        principals: [{ kind: 'and', parts: [id('web'), token] }],
        permissions: [
          {
            kind: 'and',
            parts: [at('/'), { kind: 'claim', provider: 'auth0', path: ['iss'], value: 'mytest.auth0-issuer' }],
          },
        ],
      },
    ])
  })

  it('empty top level JWT with one permission: only the permission asks for a token', () => {
    const list = intentions([requests('web', { Action: 'allow', JWT: okta })], 'api', { JWT: {} })
    expect(compileRules(list, DENY).policies[0]).toEqual({
      name: 'consul-intentions-layer7-0',
      principals: [id('web')],
      permissions: [token],
    })
  })

  it('top level JWT with multiple permissions: only requests are subtracted, not tokens', () => {
    const list = intentions([requests('web', { ...path('deny', '/a'), JWT: okta }, path('allow', '/'))])
    expect(compileRules(list, DENY).policies[0]?.permissions).toEqual([
      { kind: 'and', parts: [at('/'), { kind: 'not', part: at('/a') }] },
    ])
  })

  it('several providers: any of them will do', () => {
    const both = { Providers: [{ Name: 'okta' }, { Name: 'auth0' }] }
    const list = intentions([allow('web')], 'api', { JWT: both })
    expect(compileRules(list, DENY).policies[0]?.principals[0]).toMatchObject({
      parts: [id('web'), { kind: 'or', parts: [{ provider: 'okta' }, { provider: 'auth0' }] }],
    })
  })

  it('a provider that does not exist is an error, never a way in', () => {
    const list = intentions([allow('web')], 'api', { JWT: { Providers: [{ Name: 'gone' }] } })
    expect(() => compileRules(list, DENY)).toThrow('JWT provider "gone", which does not exist')
  })

  it('are not heard where the destination speaks tcp', () => {
    const list = intentions([allow('web')], 'api', { JWT: okta })
    expect(layer4(compileRules(list, { ...DENY, layer: 'l4' }))).toEqual(['web'])
  })
})
