// The store under random operations: what a watcher holds is what a fresh store would answer, and indexes tell of every change.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  checkRow,
  deregistering,
  nodeRow,
  registering,
  serviceRow,
  TEST_SELF,
} from '../../../test/support/catalog-rows.ts'
import { STATUSES } from '../model/check.ts'
import { DEFAULT_TENANCY, serviceName } from '../model/tenancy.ts'
import { catalogInstances, catalogNodes, catalogServices, nodeServices } from '../queries/catalog.ts'
import { healthyConnectInstances, healthyInstances, nodeChecks, serviceChecks, stateChecks } from '../queries/health.ts'
import { kindInstances, serviceInstances } from '../queries/instances.ts'
import type { Command } from './commands.ts'
import { Overlay } from './overlay.ts'
import { reduce } from './reduce.ts'
import { type Answer, Store, type StoredRow, tableNames, type Watch, type Write } from './store.ts'
import { defineQuery, type Query } from './view.ts'

const NODES = ['a', 'b', 'c']
const NAMES = ['web', 'api', 'db']
const IDS = ['1', '2', '3']

/** Which branch is read depends on another read, and one branch fails. */
const winding = defineQuery<string, string>({
  name: 'test-winding',
  key: arg => arg,
  run(view, node) {
    const found = view.derive(nodeServices, { ...DEFAULT_TENANCY, node, peer: '', isMerged: false })
    if (found === undefined) return 'nothing'
    const first = found.Services[0]
    if (first === undefined) return `empty ${found.Node.Address}`
    if (first.Port === 3) throw new Error(`port 3 on ${node}`)
    const instances = view.derive(serviceInstances, serviceName(first.Service))
    return `${first.Service} has ${instances.length}: ${instances.flatMap(each => each.Checks).map(each => each.Status)}`
  },
})

/** Derived in three steps, with equal results in between. */
const counting = defineQuery<undefined, number>({
  name: 'test-counting',
  key: () => '',
  run: view => NODES.filter(node => view.derive(winding, node) !== 'nothing').length,
})

const all = { tags: [], nodeMeta: [], isMerged: false }
type AnyQuery = readonly [Query<unknown, unknown>, unknown]

function ask<A, R>(query: Query<A, R>, arg: A): AnyQuery {
  // The list below is heterogeneous; each query only meets its own argument.
  return [query as unknown as Query<unknown, unknown>, arg]
}

const QUERIES: readonly AnyQuery[] = [
  ...NAMES.flatMap(name => [
    ask(healthyInstances, { name: serviceName(name), ...all, passing: false }),
    ask(healthyInstances, { name: serviceName(name), ...all, passing: true }),
    ask(healthyConnectInstances, { name: serviceName(name), ...all, passing: false }),
    ask(catalogInstances, { name: serviceName(name), ...all, tags: ['v1'] }),
    ask(serviceChecks, { name: serviceName(name), ...all }),
  ]),
  ...NODES.flatMap(node => [
    ask(nodeServices, { ...DEFAULT_TENANCY, node, peer: '', isMerged: true }),
    ask(nodeChecks, { ...DEFAULT_TENANCY, node, peer: '', isMerged: false }),
    ask(winding, node),
  ]),
  ask(counting, undefined),
  ask(catalogNodes, { partition: 'default', peer: '', nodeMeta: [] }),
  ask(catalogServices, { ...DEFAULT_TENANCY, peer: '', nodeMeta: [] }),
  ask(kindInstances, { kind: 'connect-proxy', partition: 'default', peer: '' }),
  ask(stateChecks, { ...DEFAULT_TENANCY, state: 'critical', peer: '', nodeMeta: [] }),
]

const node = fc.constantFrom(...NODES)
const name = fc.constantFrom(...NAMES)
const id = fc.constantFrom(...IDS)
const status = fc.constantFrom(...STATUSES)
const port = fc.integer({ min: 1, max: 3 })

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ node, octet: port }).map(({ node, octet }) => registering(nodeRow(node, { Address: `10.0.0.${octet}` }))),
  fc
    .record({ node, id, name, port, isTagged: fc.boolean(), isProxy: fc.boolean() })
    .map(({ node, id, name, port, isTagged, isProxy }) =>
      registering(nodeRow(node), [
        serviceRow(node, isProxy ? `${name}-proxy` : name, {
          ID: id,
          Port: port,
          Tags: isTagged ? ['v1'] : [],
          ...(isProxy
            ? { Kind: 'connect-proxy', Proxy: { DestinationServiceName: name, MeshGateway: {}, Expose: {} } }
            : {}),
        }),
      ]),
    ),
  fc
    .record({ node, id, status, isNode: fc.boolean() })
    .map(({ node, id, status, isNode }) =>
      registering(nodeRow(node), [], [checkRow(node, `c${id}`, { Status: status, ServiceID: isNode ? '' : id })]),
    ),
  fc.record({ node, id }).map(({ node, id }) => deregistering(node, { serviceId: id })),
  fc.record({ node, id }).map(({ node, id }) => deregistering(node, { checkId: `c${id}` })),
  node.map(node => deregistering(node)),
)

type Step =
  | { readonly type: 'commit'; readonly commands: readonly Command[] }
  | { readonly type: 'open' | 'close' | 'read'; readonly query: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('commit' as const),
      commands: fc.array(command, { minLength: 1, maxLength: 3 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom('open' as const, 'close' as const, 'read' as const),
      query: fc.nat({ max: QUERIES.length - 1 }),
    }),
  },
)

/** What a query comes to, failures included. */
function outcome(answer: () => Answer<unknown>): { readonly value: unknown; readonly index: number | undefined } {
  try {
    return answer()
  } catch (error) {
    return { value: `failed: ${String(error)}`, index: undefined }
  }
}

interface Held {
  readonly watch: Watch<unknown>
  isNotified: boolean
  last: { readonly value: unknown; readonly index: number | undefined }
}

class Run {
  readonly store: Store
  readonly rows = new Map<string, StoredRow>()
  readonly held = new Map<number, Held>()
  readonly seen = new Map<number, { value: unknown; index: number }>()
  revision = 1

  constructor(idleLimit: number) {
    this.store = new Store(TEST_SELF, idleLimit)
  }

  take(step: Step): void {
    if (step.type === 'commit') this.commit(step.commands)
    else if (step.type === 'open') this.open(step.query)
    else if (step.type === 'close') this.close(step.query)
    else
      this.noteSeen(
        step.query,
        outcome(() => this.store.read(...QUERIES[step.query]!)),
      )
  }

  commit(commands: readonly Command[]): void {
    const overlay = new Overlay(this.store)
    const writes = new Map<string, Write>()
    for (const each of commands) {
      const reduced = reduce(overlay, each)
      if (!reduced.ok) continue
      overlay.add(reduced.writes)
      for (const write of reduced.writes) writes.set(`${write.table} ${write.key}`, write)
    }
    if (writes.size === 0) return
    this.revision += 1
    this.store.apply([...writes.values()], this.revision)
    for (const [id, { table, key }] of writes) {
      const row = this.store.get(table, key)
      if (row === undefined) this.rows.delete(id)
      else this.rows.set(id, { table, key, row })
    }
  }

  open(query: number): void {
    if (this.held.has(query)) return
    const held: Held = {
      watch: this.store.watch(...QUERIES[query]!, () => {
        held.isNotified = true
      }),
      isNotified: false,
      last: { value: undefined, index: undefined },
    }
    held.last = outcome(held.watch.current)
    this.noteSeen(query, held.last)
    this.held.set(query, held)
  }

  close(query: number): void {
    this.held.get(query)?.watch.close()
    this.held.delete(query)
  }

  /** A reader who asks again must see a higher index whenever it sees another value, and never a lower one. */
  noteSeen(query: number, { value, index }: { readonly value: unknown; readonly index: number | undefined }): void {
    if (index === undefined) return
    const before = this.seen.get(query)
    if (before !== undefined) {
      expect(index).toBeGreaterThanOrEqual(before.index)
      if (index === before.index) expect(value).toEqual(before.value)
    }
    this.seen.set(query, { value, index })
  }

  check(): void {
    const fresh = new Store(TEST_SELF)
    fresh.load(this.rows.values(), this.revision)
    for (const [query, held] of this.held) {
      if (held.isNotified) {
        held.isNotified = false
        held.last = outcome(held.watch.current)
        this.noteSeen(query, held.last)
      }
      expect(held.last.value).toEqual(outcome(() => fresh.read(...QUERIES[query]!)).value)
    }
    for (const table of tableNames()) {
      const stored = [...this.rows.values()].filter(row => row.table === table)
      for (const { key, row } of stored) expect(this.store.get(table, key)).toEqual(row)
    }
  }
}

describe('a store under random operations', () => {
  for (const idleLimit of [3, 20_000]) {
    it(`shows watchers what a fresh store answers, with ${idleLimit} idle values kept`, () => {
      fc.assert(
        fc.property(fc.array(step, { minLength: 10, maxLength: 80, size: 'max' }), steps => {
          const run = new Run(idleLimit)
          for (const each of steps) {
            run.take(each)
            run.check()
          }
        }),
        { numRuns: 40 },
      )
    })
  }
})
