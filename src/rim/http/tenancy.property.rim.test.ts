// Random tenants side by side: whatever a tenant asks, by whichever route or DNS name, nothing of another one is in the answer.

import fc from 'fast-check'
import { afterAll, expect, it } from 'vitest'
import { ALL_ROUTES, createTestApi, storeOf, testRequest } from '../../../test/support/http-api.ts'
import {
  exportsIn,
  GROUPS,
  isOwn,
  LEGACY_IDS,
  marksIn,
  NAMESPACES,
  NODES,
  type Owner,
  PARTITIONS,
  PEERS,
  runAll,
  SERVICES,
  type World,
  world,
} from '../../../test/support/tenants.ts'
import type { ReadRoute, Route } from '../../core/api/define-route.ts'
import type { DnsOptions } from '../../core/dns/options.ts'
import { ENTRY_KINDS } from '../../core/entries/index.ts'
import { STATUSES } from '../../core/model/check.ts'
import { ANY_NAMESPACE, type Tenancy } from '../../core/model/tenancy.ts'
import type { Store } from '../../core/store/store.ts'
import type { FieldSpec } from '../../lib/bexpr/field-spec.ts'
import { Resolver } from '../dns/resolver.ts'
import type { HttpRequest } from './message.ts'

/** What a parameter of a path may be. */
const PARAMETERS: Readonly<Record<string, readonly string[]>> = {
  service: [...SERVICES, 'mesh-gateway', 'web-sidecar-proxy'],
  node: NODES,
  gateway: ['mesh-gateway'],
  state: ['any', ...STATUSES],
  kind: ENTRY_KINDS.map(kind => kind.kind),
  id: LEGACY_IDS,
}

/** Names that depend on the route. */
const NAMES: Readonly<Record<string, readonly string[]>> = {
  '/v1/partition/:name': PARTITIONS,
  '/v1/namespace/:name': NAMESPACES,
  '/v1/peering/:name': PEERS,
  '/v1/config/:kind/*': [...SERVICES, ...PARTITIONS, ...GROUPS, 'global', 'mesh'],
}

/** Parameters without which a route answers nothing. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  '/v1/connect/intentions/exact': ['default/api', ...SERVICES].flatMap(from =>
    SERVICES.map(to => `source=${from}&destination=${to}`),
  ),
  '/v1/connect/intentions/check': SERVICES.map(to => `source=web&destination=${to}`),
  '/v1/connect/intentions/match': ['by=source', 'by=destination'].map(by => `${by}&name=web&name=api&name=db`),
}

const CALLER = 'spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc1/svc/web'

/** Bodies of routes that read although they are sent something. */
const BODIES: Readonly<Record<string, object>> = {
  '/v1/discovery-chain/:service': {},
  '/v1/agent/connect/authorize': { Target: 'web', ClientCertURI: CALLER },
}

/** Routes about the whole cluster, by what they are for; whoever may use them sees it all. */
const OF_THE_CLUSTER = new Set(['/v1/partitions', '/v1/partition/:name'])
/** Waits for a certificate to be made, which shows nothing but the name that was asked for. */
const NOT_ASKED = new Set(['/v1/agent/connect/ca/leaf/:service'])
/** There is no authority, and no intention made by name in every world; 404 is what they answer here. */
const MAY_FAIL = new Set(['/v1/connect/ca/roots', '/v1/agent/connect/ca/roots', '/v1/connect/ca/configuration'])
/** Gateways serve all namespaces of their partition. */
const OF_GATEWAYS = new Set(['/v1/internal/mesh-gateways'])
/** Chains and calls lead on to other namespaces, and to what other partitions export. */
const FOLLOWS_CALLS = new Set([
  '/v1/discovery-chain/:service',
  '/v1/internal/explain-upstreams/:service',
  '/v1/connect/intentions/match',
])

const READS = ALL_ROUTES.filter((route): route is ReadRoute => route.type === 'read' && !NOT_ASKED.has(route.path))

function paths(route: ReadRoute): readonly string[] {
  const filled = route.path.split('/').reduce<readonly string[]>(
    (starts, part) => {
      const values = valuesOf(route, part)
      return starts.flatMap(start => values.map(value => `${start}/${value}`))
    },
    [''],
  )
  return filled.map(path => path.slice(1))
}

function valuesOf(route: Route, part: string): readonly string[] {
  if (!part.startsWith(':') && part !== '*') return [part]
  const values =
    NAMES[route.path]?.length && (part === '*' || part === ':name') ? NAMES[route.path] : PARAMETERS[part.slice(1)]
  if (values === undefined) throw new Error(`what may ${part} be in ${route.path}? Add it to PARAMETERS or NAMES`)
  return values
}

/** A filter that every row passes, if rows can be filtered at all. */
function filterOf({ rows }: ReadRoute): readonly string[] {
  const name = rows && textField(rows)
  return name === undefined ? [''] : ['', `filter=${encodeURIComponent(`${name} != "no such thing"`)}`]
}

function textField(spec: FieldSpec): string | undefined {
  if (spec.type !== 'object') return undefined
  return Object.entries(spec.fields).find(([, field]) => field.type === 'string')?.[0]
}

interface Asked {
  readonly route: ReadRoute
  readonly path: string
}

const QUESTIONS: readonly Asked[] = READS.flatMap(route =>
  paths(route).flatMap(path =>
    (NEEDS[route.path] ?? ['']).flatMap(need =>
      filterOf(route).map(filter => ({ route, path: `${path}?${[need, filter].filter(Boolean).join('&')}` })),
    ),
  ),
)

const answered = new Set<ReadRoute>()

async function leaks(store: Store, { owners }: World, asker: Tenancy, byHeader: boolean) {
  const isExported = exportsIn(store)
  const mayShow = (route: ReadRoute, owner: Owner) => {
    if (OF_THE_CLUSTER.has(route.path) || isOwn(owner, asker)) return true
    if (OF_GATEWAYS.has(route.path)) return owner.isGateway && owner.partition === asker.Partition
    return FOLLOWS_CALLS.has(route.path) && (owner.partition === asker.Partition || isExported(owner, asker.Partition))
  }
  const api = createTestApi(store)
  const headers = { 'x-consul-partition': asker.Partition, 'x-consul-namespace': asker.Namespace }
  const found: object[] = []
  for (const { route, path } of QUESTIONS) {
    if (asker.Namespace === ANY_NAMESPACE && !route.spansNamespaces) continue
    const named = byHeader ? path : `${path}&partition=${asker.Partition}&ns=${asker.Namespace}`
    const asked = testRequest(route.method, named, BODIES[route.path], byHeader ? headers : {})
    const { status, body } = await api.handle(asked)
    const text = body.toString('utf8')
    if (status === 200) answered.add(route)
    for (const mark of marksIn(text)) {
      const owner = owners.get(mark)
      if (owner !== undefined && !mayShow(route, owner)) found.push({ path: named, owner, mark })
    }
  }
  return found
}

const tenant = fc.record({
  Partition: fc.constantFrom(...PARTITIONS),
  Namespace: fc.constantFrom(...NAMESPACES),
})
const asker = fc.record({
  Partition: fc.constantFrom(...PARTITIONS),
  Namespace: fc.constantFrom(...NAMESPACES, ANY_NAMESPACE),
})

it('no route that reads shows a tenant what another one wrote', async () => {
  await fc.assert(
    fc.asyncProperty(world, asker, fc.boolean(), async (it, who, byHeader) => {
      const store = storeOf()
      runAll(store, it.commands)
      expect(await leaks(store, it, who, byHeader)).toEqual([])
    }),
    { numRuns: 50 },
  )
})

const DNS: DnsOptions = {
  ...{ domains: ['consul'], nodeTtl: 0, serviceTtl: {}, onlyPassing: false, addressLimit: 0, udpAnswerLimit: 3 },
  ...{ truncates: true, sendsNodeMeta: true, soa: { refresh: 1, retry: 1, expire: 1, minimum: 0 } },
}

/** Names that ask about a partition and namespace. */
function dnsNames({ Partition, Namespace }: Tenancy): readonly string[] {
  const [inNamespace, inPartition] = [`${Namespace}.ns.${Partition}.ap.dc1.dc.consul`, `${Partition}.ap.dc1.dc.consul`]
  return [
    ...SERVICES.flatMap(name =>
      [`${name}.service`, `${name}.connect`, `_${name}._tcp.service`].map(each => `${each}.${inNamespace}`),
    ),
    ...NODES.map(name => `${name}.node.${inPartition}`),
  ]
}

it('no DNS name shows a tenant what another one wrote, and no address the names of nodes elsewhere', async () => {
  await fc.assert(
    fc.asyncProperty(world, tenant, async ({ commands, owners }, who) => {
      const store = storeOf({ partition: who.Partition })
      runAll(store, commands)
      const api = createTestApi(store)
      const self = { node: 'n', datacenter: 'dc1', address: '127.0.0.1' }
      const handle = (request: HttpRequest) => api.handle(request)
      const resolver = new Resolver({ options: DNS, self, api: handle, now: Date.now, random: () => 0.5 })
      for (const name of dnsNames(who)) {
        for (const type of ['ANY', 'A', 'SRV', 'TXT']) {
          const marks = marksIn(JSON.stringify(await resolver.resolve(name, type)))
          const foreign = marks.filter(mark => owners.has(mark) && !isOwn(owners.get(mark) as Owner, who))
          expect([name, type, foreign]).toEqual([name, type, []])
        }
      }
      for (const [address, owner] of owners) {
        if (!address.startsWith('10.') || owner.partition === who.Partition) continue
        const name = `${address.split('.').reverse().join('.')}.in-addr.arpa`
        expect([name, (await resolver.resolve(name, 'PTR')).kind]).toEqual([name, 'foreign'])
      }
    }),
    { numRuns: 20 },
  )
})

afterAll(() => {
  const silent = READS.filter(route => !answered.has(route) && !MAY_FAIL.has(route.path))
  expect(silent.map(route => `${route.method} ${route.path}`)).toEqual([])
})
