import { describe, expect, it } from 'vitest'
import { describeIssues } from '../../lib/schema.ts'
import { samenessGroup } from '../entries/sameness-group.ts'
import { serviceIntentions } from '../entries/service-intentions.ts'
import { serviceName } from '../model/tenancy.ts'
import { compileRules } from './compile-rules.ts'
import { expandGroups } from './expand-groups.ts'
import { intentionsOf } from './intention.ts'
import { coversSource, decide, matchDestination, matchSource } from './match.ts'

function valid<T>(decoded: { ok: true; value: T } | { ok: false; issues: Parameters<typeof describeIssues>[0] }): T {
  if (!decoded.ok) throw new Error(describeIssues(decoded.issues))
  return decoded.value
}

const Members = [{ Partition: 'finance' }, { Peer: 'east' }]
const group = valid(samenessGroup.decode({ Kind: 'sameness-group', Name: 'same', Members }))
const groupOf = (name: string) => (name === 'same' ? group : undefined)

function entry(...Sources: object[]) {
  const stored = valid(serviceIntentions.decode({ Kind: 'service-intentions', Name: 'api', Sources }))
  return { ...stored, CreateIndex: 1, ModifyIndex: 1 }
}

const aboutGroup = entry({ Name: 'web', SamenessGroup: 'same', Action: 'allow' })
const inFinance = serviceName('web', { Partition: 'finance', Namespace: 'default' })
const atEast = serviceName('web', undefined, 'east')

describe('an intention about a sameness group', () => {
  it('is shown as it was written', () => {
    expect(intentionsOf(aboutGroup)).toMatchObject([{ SourceName: 'web', SourceSamenessGroup: 'same' }])
    expect(intentionsOf(aboutGroup)[0]).not.toHaveProperty('SourcePartition')
  })

  it('is about the service at each member', () => {
    const expanded = expandGroups(intentionsOf(aboutGroup), groupOf)
    const covers = (source: typeof atEast) => expanded.some(each => coversSource(each, source))
    expect([inFinance, atEast, serviceName('web')].map(covers)).toEqual([true, true, false])
    expect(matchSource([aboutGroup], inFinance, groupOf)).toEqual(intentionsOf(aboutGroup))
    expect(matchSource([aboutGroup], serviceName('web'), groupOf)).toEqual([])
  })

  it('is about nobody as it stands, and when there is no such group', () => {
    const [intention] = intentionsOf(aboutGroup)
    expect(intention && coversSource(intention, serviceName('web'))).toBe(false)
    expect(expandGroups(intentionsOf(aboutGroup), () => undefined)).toEqual([])
  })

  it('gives way to one about a member', () => {
    const both = entry(
      { Name: 'web', SamenessGroup: 'same', Action: 'allow' },
      { Name: 'web', Partition: 'finance', Action: 'deny' },
    )
    const expanded = expandGroups(
      matchDestination(() => both, serviceName('api')),
      groupOf,
    )
    const otherwise = { allow: false, from: 'acl' } as const
    expect(decide(expanded, inFinance, otherwise).allowed).toBe(false)
    expect(decide(expanded, atEast, otherwise).allowed).toBe(true)
  })

  it('reaches proxies as one about each member', () => {
    const context = {
      ...{ defaultAllow: false, layer: 'l4' as const, trustDomain: 'td', partition: 'default', jwtIssuers: new Map() },
      peers: new Map([['east', { trustDomain: 'east.consul', partition: 'default' }]]),
    }
    expect(compileRules(intentionsOf(aboutGroup), context).policies).toEqual([])
    const { policies } = compileRules(expandGroups(intentionsOf(aboutGroup), groupOf), context)
    expect(policies.flatMap(policy => policy.principals)).toEqual([
      { kind: 'identity', regex: '^spiffe://td/ap/finance/ns/default/dc/[^/]+/svc/web$' },
      { kind: 'identity', regex: '^spiffe://east.consul/ns/default/dc/[^/]+/svc/web$' },
    ])
  })
})
