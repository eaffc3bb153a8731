import { toJson } from '@bufbuild/protobuf'
import { describe, expect, it } from 'vitest'
import { RBACSchema } from '../../gen/envoy/config/rbac/v3/rbac_pb.ts'
import type { Permission, Principal, Rules } from '../intentions/rules.ts'
import { rbacRules } from './rbac.ts'

function json(rules: Rules): unknown {
  return toJson(RBACSchema, rbacRules(rules))
}

function principal(each: Principal): unknown {
  return json({ action: 'allow', policies: [{ name: 'p', principals: [each], permissions: [] }] })
}

function permission(each: Permission): unknown {
  return json({ action: 'allow', policies: [{ name: 'p', principals: [], permissions: [each] }] })
}

const somebody = { authenticated: { principalName: { safeRegex: { regex: '^x$' } } } }

describe('rbacRules', () => {
  it('admits nobody or everybody without policies', () => {
    expect(json({ action: 'allow', policies: [] })).toEqual({})
    expect(json({ action: 'deny', policies: [] })).toEqual({ action: 'DENY' })
  })

  it('turns every form of principal', () => {
    const identity: Principal = { kind: 'identity', regex: '^x$' }
    const all: Principal = { kind: 'and', parts: [identity, { kind: 'not', part: identity }] }
    expect(principal({ kind: 'or', parts: [{ kind: 'any' }, all] })).toEqual({
      policies: {
        p: { principals: [{ orIds: { ids: [{ any: true }, { andIds: { ids: [somebody, { notId: somebody }] } }] } }] },
      },
    })
  })

  it('looks for a claim where the JWT filter leaves it', () => {
    expect(principal({ kind: 'claim', provider: 'okta', path: ['roles', 'x'], value: 'admin' })).toEqual({
      policies: {
        p: {
          principals: [
            {
              metadata: {
                filter: 'envoy.filters.http.jwt_authn',
                path: [{ key: 'jwt_payload_okta' }, { key: 'roles' }, { key: 'x' }],
                value: { stringMatch: { exact: 'admin' } },
              },
            },
          ],
        },
      },
    })
  })

  it.each<[string, Permission, unknown]>([
    [
      'a path',
      { kind: 'path', match: { form: 'prefix', text: '/a', ignoreCase: false } },
      { urlPath: { path: { prefix: '/a' } } },
    ],
    [
      'methods',
      { kind: 'method', anyOf: ['GET', 'PUT'] },
      { header: { name: ':method', stringMatch: { safeRegex: { regex: 'GET|PUT' } } } },
    ],
    [
      'a header by any case',
      { kind: 'header', name: 'x', match: { form: 'contains', text: 'a', ignoreCase: true }, invert: true },
      { header: { name: 'x', invertMatch: true, stringMatch: { contains: 'a', ignoreCase: true } } },
    ],
    [
      'a regular expression, which Envoy never takes with a flag for case',
      { kind: 'header', name: 'x', match: { form: 'regex', text: 'a', ignoreCase: true }, invert: false },
      { header: { name: 'x', stringMatch: { safeRegex: { regex: 'a' } } } },
    ],
    ['the absence of something', { kind: 'not', part: { kind: 'any' } }, { notRule: { any: true } }],
  ])('turns %s', (_, each, expected) => {
    expect(permission(each)).toEqual({ policies: { p: { permissions: [expected] } } })
  })
})
