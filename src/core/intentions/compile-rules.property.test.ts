import fc from 'fast-check'
import { expect, it } from 'vitest'
import { precedence } from '../entries/intention-precedence.ts'
import { DEFAULT_PARTITION } from '../model/tenancy.ts'
import { compileRules } from './compile-rules.ts'
import type { Intention } from './intention.ts'
import { coversSource } from './match.ts'
import { sortIntentions } from './precedence.ts'
import type { RulesContext } from './rule-intention.ts'
import type { Permission, Principal, Rules } from './rules.ts'

const CONTEXT: Omit<RulesContext, 'defaultAllow'> = {
  layer: 'l7',
  trustDomain: 'td',
  partition: DEFAULT_PARTITION,
  peers: new Map([
    ['east', { trustDomain: 'east', partition: 'p1' }],
    ['west', { trustDomain: 'west', partition: 'p1' }],
  ]),
  jwtIssuers: new Map(),
}

const action = fc.constantFrom('allow' as const, 'deny' as const)

const permissions = fc.array(
  fc.record({ Action: action, HTTP: fc.record({ PathPrefix: fc.constantFrom('/', '/a', '/a/b', '/c') }) }),
  { minLength: 1, maxLength: 4 },
)

const intention: fc.Arbitrary<Intention> = fc
  .record({
    source: fc.constantFrom(['default', 'web'], ['default', 'shop'], ['team', 'web'], ['default', '*'], ['*', '*']),
    destination: fc.constantFrom('api', '*'),
    peer: fc.constantFrom(undefined, undefined, 'east', '*'),
    action,
    permissions: fc.option(permissions, { nil: undefined }),
  })
  .map(({ source: [ns = '', name = ''], destination, peer, action, permissions }) => ({
    SourceNS: ns,
    SourceName: name,
    DestinationNS: 'default',
    DestinationName: destination,
    SourceType: 'consul',
    ...(peer === undefined ? {} : { SourcePeer: peer }),
    ...(permissions === undefined || destination === '*' ? { Action: action } : { Permissions: permissions }),
    Precedence: precedence({ Namespace: ns, Name: name }, { Namespace: 'default', Name: destination }),
    CreateIndex: 1,
    ModifyIndex: 1,
  }))

/** An entry has each source once, and so has a destination. */
const intentions = fc.uniqueArray(intention, {
  maxLength: 10,
  selector: each => [each.SourcePeer, each.SourceNS, each.SourceName, each.DestinationName].join(),
})

const call = fc.record({
  name: fc.constantFrom('web', 'shop', 'other'),
  namespace: fc.constantFrom('default', 'team'),
  peer: fc.constantFrom('', 'east', 'west'),
  path: fc.constantFrom('/', '/a', '/a/b/c', '/c', '/d'),
})

type Call = typeof call extends fc.Arbitrary<infer C> ? C : never

/** What precedence says: the strongest intention about the caller decides, then its first permission about the request. */
function expected(list: readonly Intention[], { name, namespace, peer, path }: Call, defaultAllow: boolean): boolean {
  const source = { Name: name, Namespace: namespace, Partition: DEFAULT_PARTITION, Peer: peer }
  const found = sortIntentions(list).find(each => coversSource(each, source))
  if (found === undefined) return defaultAllow
  if (found.Permissions === undefined) return found.Action === 'allow'
  const permission = found.Permissions.find(each => path.startsWith(each.HTTP?.PathPrefix ?? ''))
  return permission === undefined ? defaultAllow : permission.Action === 'allow'
}

function allowed(rules: Rules, one: Call): boolean {
  const applies = rules.policies.some(policy => {
    return policy.principals.some(each => holds(each, one)) && policy.permissions.some(each => holds(each, one))
  })
  return rules.action === 'allow' ? applies : !applies
}

function holds(condition: Principal | Permission, one: Call): boolean {
  switch (condition.kind) {
    case 'any':
      return true
    case 'and':
      return condition.parts.every(part => holds(part, one))
    case 'or':
      return condition.parts.some(part => holds(part, one))
    case 'not':
      return !holds(condition.part, one)
    case 'identity':
      return new RegExp(condition.regex).test(one.peer === '' ? uri(one) : GATEWAY)
    case 'header':
      return one.peer !== '' && new RegExp(condition.match?.text ?? '').test(`By=x;URI=${uri(one)},By=y;URI=z`)
    case 'path':
      return one.path.startsWith(condition.match.text)
    default:
      throw new Error(`unexpected ${condition.kind}`)
  }
}

const GATEWAY = 'spiffe://td/gateway/mesh/dc/dc1'

function uri({ name, namespace, peer }: Call): string {
  return `spiffe://${peer === '' ? 'td' : `${peer}/ap/p1`}/ns/${namespace}/dc/dc1/svc/${name}`
}

it('rules without precedence decide every call as the intentions with precedence do', () => {
  fc.assert(
    fc.property(intentions, call, fc.boolean(), (list, one, defaultAllow) => {
      const rules = compileRules(list, { ...CONTEXT, defaultAllow })
      expect(allowed(rules, one)).toBe(expected(list, one, defaultAllow))
    }),
    { numRuns: 1000 },
  )
})
