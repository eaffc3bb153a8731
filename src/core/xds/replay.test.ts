// Whatever is sent, refused, cut and crossed on the way: in the end Envoy holds what it should.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { request } from '../../../test/support/xds-dialogue.ts'
import { fakeResource } from '../../../test/support/xds-resources.ts'
import type { Resource, ResourceSet, ResourceType } from '../envoy/resource.ts'
import type { DeltaRequest } from './delta-request.ts'
import type { Outgoing } from './output.ts'
import { step } from './session.ts'
import { createSession, isSettled, type Session } from './state.ts'

const parents = { endpoints: 'cluster', route: 'listener' } as const
const wholes = ['cluster', 'listener'] as const

/** An Envoy that keeps what it accepts, drops children of updated parents, and follows children of the parents it holds. */
class SimulatedEnvoy {
  readonly held: Record<ResourceType, Map<string, Resource>> = {
    secret: new Map(),
    cluster: new Map(),
    endpoints: new Map(),
    listener: new Map(),
    route: new Map(),
  }
  requests: DeltaRequest[] = []
  #asked: Record<'endpoints' | 'route', Set<string>> = { endpoints: new Set(), route: new Set() }

  connect(): void {
    this.requests = []
    for (const type of wholes) this.requests.push(request(type, { has: this.#versions(type) }))
    this.#asked = { endpoints: new Set(), route: new Set() }
    this.#follow('endpoints', this.#versions('endpoints'))
    this.#follow('route', this.#versions('route'))
  }

  receive(response: Outgoing, verdict: 'accept' | 'refuse' | 'refuse one'): void {
    const { type, nonce } = response
    if (verdict === 'accept') this.#apply(response)
    const culprit = verdict === 'refuse one' ? (response.upserts[0]?.name ?? '') : ''
    const error = verdict === 'accept' ? {} : { error: { code: 13, message: `Error adding ${culprit}: no` } }
    this.requests.push({ ...request(type), nonce, ...error })
    if (type === 'cluster') this.#follow('endpoints')
    if (type === 'listener') this.#follow('route')
  }

  #apply({ type, upserts, removals }: Outgoing): void {
    const child = type === 'cluster' ? 'endpoints' : 'route'
    for (const resource of upserts) {
      if ((type === 'endpoints' || type === 'route') && !this.#asked[type].has(resource.name)) continue
      this.held[type].set(resource.name, resource)
      if (type === 'cluster' || type === 'listener') for (const name of resource.children) this.held[child].delete(name)
    }
    for (const name of removals) this.held[type].delete(name)
  }

  #follow(type: 'endpoints' | 'route', has?: Record<string, string>): void {
    const wanted = new Set([...this.held[parents[type]].values()].flatMap(parent => parent.children))
    const asked = this.#asked[type]
    const subscribe = [...wanted].filter(name => !asked.has(name))
    const unsubscribe = [...asked].filter(name => !wanted.has(name))
    this.#asked[type] = wanted
    for (const name of unsubscribe) this.held[type].delete(name)
    if (subscribe.length + unsubscribe.length === 0) return
    this.requests.push(request(type, { subscribe, unsubscribe, ...(has && { has }) }))
  }

  #versions(type: ResourceType): Record<string, string> {
    return Object.fromEntries([...this.held[type]].map(([name, resource]) => [name, resource.version]))
  }
}

/** Session and Envoy with a wire between them on which messages wait. */
class Wire {
  readonly envoy = new SimulatedEnvoy()
  session: Session = createSession()
  #toEnvoy: Outgoing[] = []
  #set: ResourceSet

  constructor(set: ResourceSet) {
    this.#set = set
    this.reconnect()
  }

  reconnect(): void {
    this.session = createSession()
    this.#toEnvoy = []
    this.envoy.connect()
    this.change(this.#set)
  }

  change(set: ResourceSet): void {
    this.#set = set
    this.#toEnvoy.push(...step(this.session, { kind: 'resources', set }).send)
  }

  deliverRequest(): boolean {
    const next = this.envoy.requests.shift()
    if (next !== undefined) this.#toEnvoy.push(...step(this.session, { kind: 'request', request: next }).send)
    return next !== undefined
  }

  deliverResponse(verdict: 'accept' | 'refuse' | 'refuse one'): boolean {
    const next = this.#toEnvoy.shift()
    if (next !== undefined) this.envoy.receive(next, verdict)
    return next !== undefined
  }

  /** Runs until nothing is on the wire; false when that does not happen. */
  drain(verdict: 'accept' | 'refuse' = 'accept'): boolean {
    for (let turn = 0; turn < 1000; turn++) {
      const moved = [this.deliverRequest(), this.deliverResponse(verdict)]
      if (!moved.includes(true)) return true
    }
    return false
  }
}

const versions = fc.integer({ min: 0, max: 3 })
const names = ['a', 'b', 'c', 'd', 'e']

/** For each name absent (0) or a version, per type. The first cluster and listener are always there, as in every real proxy. */
const plan = fc.record({
  cluster: fc.array(versions, { minLength: 5, maxLength: 5 }),
  endpoints: fc.array(versions, { minLength: 5, maxLength: 5 }),
  listener: fc.array(versions, { minLength: 5, maxLength: 5 }),
  route: fc.array(versions, { minLength: 5, maxLength: 5 }),
})
type Plan = typeof plan extends fc.Arbitrary<infer T> ? T : never

function setOf(wanted: Plan, age = ''): ResourceSet {
  const list = (type: Exclude<ResourceType, 'secret'>, children: boolean) =>
    names.flatMap((name, index) => {
      const version = wanted[type][index] || (children && index === 0 ? 1 : 0)
      if (version === 0) return []
      return [fakeResource(type, name, { version: `${version}${age}`, children: children && index < 4 ? [name] : [] })]
    })
  return {
    secret: [],
    cluster: list('cluster', true),
    endpoints: list('endpoints', false),
    listener: list('listener', true),
    route: list('route', false),
    allowEmpty: new Set(),
  }
}

const action = fc.oneof(
  fc.record({ do: fc.constant('change' as const), plan }),
  fc.constant({ do: 'request' as const }),
  fc.constant({ do: 'request' as const }),
  fc.record({
    do: fc.constant('response' as const),
    verdict: fc.constantFrom('accept', 'accept', 'refuse', 'refuse one'),
  }),
  fc.constant({ do: 'reconnect' as const }),
)
type Action = typeof action extends fc.Arbitrary<infer T> ? T : never

function perform(wire: Wire, act: Action): void {
  if (act.do === 'change') wire.change(setOf(act.plan))
  else if (act.do === 'request') wire.deliverRequest()
  else if (act.do === 'response') wire.deliverResponse(act.verdict)
  else wire.reconnect()
}

/** What Envoy should hold of `set`: all clusters and listeners, and the children of those. */
function expected(set: ResourceSet, type: ResourceType): string[] {
  const parent = type === 'endpoints' || type === 'route' ? parents[type] : undefined
  const followed = parent && new Set(set[parent].flatMap(resource => resource.children))
  return set[type].filter(resource => followed?.has(resource.name) ?? true).map(spell)
}

const spell = (resource: Resource) => `${resource.name}@${resource.version}`
const types = ['cluster', 'endpoints', 'listener', 'route'] as const

/** An updated cluster waits for its endpoints, so in the end all are known. */
const withEndpoints = (wanted: Plan): Plan => ({ ...wanted, endpoints: wanted.endpoints.map(version => version || 1) })

test('after any history, the deltas add up to the full set once Envoy accepts everything', () => {
  fc.assert(
    fc.property(plan, fc.array(action, { maxLength: 60 }), plan, (first, actions, last) => {
      const wire = new Wire(setOf(first))
      for (const act of actions) perform(wire, act)
      const set = setOf(withEndpoints(last), '-final')
      wire.change(set)

      expect(wire.drain()).toBe(true)
      for (const type of types) {
        const held = [...wire.envoy.held[type].values()].map(spell)
        const stale = type === 'endpoints' || type === 'route' ? held.filter(name => !name.endsWith('-final')) : []
        expect(held.filter(name => !stale.includes(name)).sort(), type).toEqual(expected(set, type))
      }
      expect(isSettled(wire.session)).toBe(true)
    }),
    { numRuns: 400 },
  )
})

test('an Envoy that refuses everything is left in peace', () => {
  fc.assert(
    fc.property(plan, plan, (first, second) => {
      const wire = new Wire(setOf(first))
      expect(wire.drain('refuse')).toBe(true)
      wire.change(setOf(second))
      expect(wire.drain('refuse')).toBe(true)
    }),
  )
})

test('the same events give the same responses', () => {
  fc.assert(
    fc.property(plan, fc.array(action, { maxLength: 40 }), (first, actions) => {
      const run = () => {
        const wire = new Wire(setOf(first))
        for (const act of actions) perform(wire, act)
        return [...wire.envoy.held.endpoints.values(), ...wire.envoy.held.cluster.values()].map(spell)
      }
      expect(run()).toEqual(run())
    }),
    { numRuns: 50 },
  )
})
