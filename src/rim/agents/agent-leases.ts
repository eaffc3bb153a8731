// Who of this datacenter's client agents is alive. An agent holds a lease and renews it; the catalog's `serfHealth` follows. What
// the catalog should say is compared with what it says over and over, so nothing that goes wrong once stays wrong.

import { serfHealth } from '../../core/local/catalog-sync.ts'
import { checkKey, type HealthCheck } from '../../core/model/check.ts'
import { type ClientAgent, clientAgentKey, type NewClientAgent } from '../../core/model/client-agent.ts'
import { Fault } from '../../core/model/fault.ts'
import { type CatalogNode, nodeKey } from '../../core/model/node.ts'
import type { Unindexed } from '../../core/model/row.ts'
import type { Command, DeregisterCommand } from '../../core/store/commands.ts'
import { reduceAll } from '../../core/store/reduce-all.ts'
import type { Store } from '../../core/store/store.ts'
import type { Committer } from '../engine/committer.ts'
import type { Logger } from '../logger.ts'
import { LEASE_MS } from './protocol.ts'

export interface LeaseClock {
  /** Milliseconds on a clock that does not go back. */
  monotonic(): number
  /** Milliseconds since the epoch. */
  wall(): number
}

export interface AgentLeasesDeps {
  readonly store: Store
  readonly committer: Committer
  readonly logger: Logger
  readonly clock: LeaseClock
  newId(): string
}

type NewNode = Unindexed<CatalogNode>

export interface Lease {
  readonly id: string
  readonly node: NewNode
  readonly version: string
  /** Aborts when the lease is given to another, or is over. */
  readonly ended: AbortController
  deadline: number
}

const TICK_MS = 500
/** After a start agents need a moment to find their server again. */
const START_GRACE_MS = 2_000
/** How long an agent that is gone is still remembered, and one that failed may come back. */
const REMEMBER_MS = 72 * 3_600_000

export class AgentLeases {
  readonly #deps: AgentLeasesDeps
  readonly #leases = new Map<string, Lease>()
  readonly #byId = new Map<string, Lease>()
  #timer: NodeJS.Timeout | undefined
  #tickedAt = 0
  #ticking: Promise<void> | undefined

  constructor(deps: AgentLeasesDeps) {
    this.#deps = deps
  }

  /** Expects those who were alive to come back, and begins to watch. */
  start(): void {
    const { store, clock } = this.#deps
    this.#tickedAt = clock.monotonic()
    for (const agent of store.list('agents', 'all', '')) {
      const node = store.get('nodes', nodeKey({ ...agent, PeerName: '' }))
      if (agent.Status !== 'alive' || node === undefined) continue
      this.#put(this.#newLease('', withoutIndexes(node), agent.Version, START_GRACE_MS))
    }
    this.#timer = setInterval(() => void this.tick(), TICK_MS)
    this.#timer.unref()
  }

  /** Ends all leases without a word to the catalog: the agents go on with another server, or with this one again. */
  async close(): Promise<void> {
    clearInterval(this.#timer)
    for (const lease of this.#leases.values()) lease.ended.abort()
    await this.#ticking
  }

  /**
   * Gives a lease to the agent of a node, once the catalog shows it alive. Throws Fault('conflict') when another agent of that
   * name is alive, and the command's Fault for a node that cannot be, such as one in an unknown partition.
   */
  async grant(node: NewNode, version: string): Promise<Lease> {
    const { store, clock, newId } = this.#deps
    const key = clientAgentKey(node)
    this.#refuseOther(node)
    const lease = this.#newLease(newId(), node, version, 0)
    await this.#commit(aliveCommands(lease, store.get('agents', key), clock.wall()))
    this.#refuseOther(node)
    this.#leases.get(key)?.ended.abort()
    this.#put(lease)
    return lease
  }

  /** Keeps a lease; false when there is none of this id. */
  renew(id: string): boolean {
    const lease = this.#byId.get(id)
    if (lease === undefined) return false
    lease.deadline = this.#deps.clock.monotonic() + LEASE_MS
    return true
  }

  /** The lease of this id, if it still holds. */
  get(id: string): Lease | undefined {
    return this.#byId.get(id)
  }

  /** Takes an agent that says goodbye out of the catalog. */
  async leave(id: string): Promise<void> {
    const lease = this.#byId.get(id)
    if (lease === undefined) return
    await this.#commit(this.#goneCommands(agentOf(lease)))
    this.#drop(lease)
  }

  /**
   * Takes a failed agent out of the catalog; `prune` forgets it as well. False when no such agent is known. Throws
   * Fault('rejected') for one that is alive: it would be back at once.
   */
  async forceLeave(name: string, partition: string, prune: boolean): Promise<boolean> {
    const key = clientAgentKey({ Node: name, Partition: partition })
    const agent = this.#deps.store.get('agents', key)
    if (agent === undefined) return false
    const lease = this.#leases.get(key)
    if (lease !== undefined && lease.id !== '' && this.#isAlive(lease)) {
      throw new Fault('rejected', `agent: node "${agent.Node}" is alive; make it leave with "isthmus leave" there`)
    }
    if (lease !== undefined) this.#drop(lease)
    const forget: Command = { type: 'remove-agent', node: agent.Node, partition: agent.Partition }
    await this.#commit(prune ? [deregistration(agent), forget] : this.#goneCommands(agent))
    return true
  }

  /** Brings the catalog in step with the leases. Never rejects. */
  tick(): Promise<void> {
    this.#ticking ??= this.#tick().finally(() => {
      this.#ticking = undefined
    })
    return this.#ticking
  }

  async #tick(): Promise<void> {
    this.#allowForOwnPause()
    await Promise.all([...this.#leases.values()].map(lease => this.#reconcile(lease)))
    await Promise.all(this.#deps.store.list('agents', 'all', '').map(agent => this.#reap(agent)))
  }

  /** While this server was busy or asleep it could not hear anybody: that is nobody's fault but its own. */
  #allowForOwnPause(): void {
    const now = this.#deps.clock.monotonic()
    const late = now - this.#tickedAt - TICK_MS
    this.#tickedAt = now
    if (late < TICK_MS) return
    for (const lease of this.#leases.values()) lease.deadline += late
  }

  async #reconcile(lease: Lease): Promise<void> {
    const { store, clock, logger } = this.#deps
    const isAlive = this.#isAlive(lease)
    const known = store.get('agents', clientAgentKey(lease.node))
    try {
      if (isAlive && lease.id !== '' && !this.#isShownAlive(lease)) {
        await this.#commit(aliveCommands(lease, known, clock.wall()))
      }
      if (isAlive) return
      logger.warn('a client agent has stopped answering', nameOf(lease))
      await this.#commit(this.#failedCommands(lease))
      if (!this.#isAlive(lease)) this.#drop(lease)
    } catch (error) {
      logger.warn('a client agent cannot be kept in the catalog', { ...nameOf(lease), error })
      // Such as when its partition is being deleted: it has to ask again, and is told why not.
      if (error instanceof Fault && error.code !== 'unavailable') this.#drop(lease)
    }
  }

  async #reap(agent: ClientAgent): Promise<void> {
    if (agent.Status === 'alive' || this.#deps.clock.wall() - agent.Since < REMEMBER_MS) return
    const forget: Command = { type: 'remove-agent', node: agent.Node, partition: agent.Partition }
    await this.#commit(agent.Status === 'failed' ? [deregistration(agent), forget] : [forget]).catch(error =>
      this.#deps.logger.warn('cannot forget a client agent', { node: agent.Node, error }),
    )
  }

  #isAlive(lease: Lease): boolean {
    return this.#deps.clock.monotonic() < lease.deadline
  }

  #isShownAlive({ node, version }: Lease): boolean {
    const { store } = this.#deps
    const agent = store.get('agents', clientAgentKey(node))
    const serf = store.get('checks', checkKey(serfHealth(node)))
    if (agent?.Status !== 'alive' || agent.Version !== version || agent.Address !== node.Address) return false
    return serf?.Status === 'passing' && store.get('nodes', nodeKey(node)) !== undefined
  }

  #refuseOther(node: NewNode): void {
    const holder = this.#leases.get(clientAgentKey(node))
    const isOther = holder !== undefined && holder.id !== '' && this.#isAlive(holder) && !isSame(holder.node, node)
    const { store } = this.#deps
    const server = store.list('members', 'datacenter', store.self.datacenter).find(each => isNamed(each.Node, node))
    if (server === undefined && !isOther) return
    const other = server === undefined ? `an agent at ${holder?.node.Address}` : `a server at ${server.Address}`
    throw new Fault('conflict', `node_name: ${other} is named "${node.Node}" too; node names must differ`)
  }

  #newLease(id: string, node: NewNode, version: string, grace: number): Lease {
    const deadline = this.#deps.clock.monotonic() + LEASE_MS + grace
    return { id, node, version, ended: new AbortController(), deadline }
  }

  #put(lease: Lease): void {
    const key = clientAgentKey(lease.node)
    const before = this.#leases.get(key)
    if (before !== undefined) this.#byId.delete(before.id)
    this.#leases.set(key, lease)
    if (lease.id !== '') this.#byId.set(lease.id, lease)
  }

  #drop(lease: Lease): void {
    const key = clientAgentKey(lease.node)
    if (this.#leases.get(key) === lease) this.#leases.delete(key)
    this.#byId.delete(lease.id)
    lease.ended.abort()
  }

  #failedCommands(lease: Lease): readonly Command[] {
    const { store, clock } = this.#deps
    const node = store.get('nodes', nodeKey(lease.node))
    const agent: NewClientAgent = { ...agentOf(lease), Status: 'failed', Since: clock.wall() }
    const health: Unindexed<HealthCheck> = {
      ...serfHealth(lease.node),
      ...{ Status: 'critical', Output: 'Agent not live or unreachable' },
    }
    const set: Command = { type: 'set-agent', agent }
    return node === undefined ? [set] : [registration(withoutIndexes(node), health), set]
  }

  #goneCommands(agent: NewClientAgent): readonly Command[] {
    const { Node, Partition, ID, Address, Version } = agent
    const left: NewClientAgent = {
      ...{ Node, Partition, ID, Address, Version },
      ...{ Status: 'left', Since: this.#deps.clock.wall() },
    }
    return [deregistration(agent), { type: 'set-agent', agent: left }]
  }

  async #commit(commands: readonly Command[]): Promise<void> {
    await this.#deps.committer.submit(state => reduceAll(state, commands))
  }
}

function aliveCommands(lease: Lease, known: ClientAgent | undefined, now: number): readonly Command[] {
  const Since = known?.Status === 'alive' ? known.Since : now
  const agent: NewClientAgent = { ...agentOf(lease), Status: 'alive', Since }
  return [registration(lease.node, serfHealth(lease.node)), { type: 'set-agent', agent }]
}

/** The node stays as it is when it is there: what it says of itself it brings up to date itself. */
function registration(node: NewNode, health: Unindexed<HealthCheck>): Command {
  return { type: 'register', node, skipNodeUpdate: true, services: [], checks: [health] }
}

function deregistration({ Node, Partition }: Pick<NewClientAgent, 'Node' | 'Partition'>): DeregisterCommand {
  const whole = { namespace: '', peer: '', serviceId: '', checkId: '' }
  return { type: 'deregister', node: Node, partition: Partition, ...whole }
}

function agentOf({ node, version }: Lease): NewClientAgent {
  const { Node, Partition, ID, Address } = node
  return { Node, Partition, ID, Address, Version: version, Status: 'alive', Since: 0 }
}

function isSame(a: NewNode, b: NewNode): boolean {
  return a.ID === b.ID && a.Address === b.Address
}

function isNamed(name: string, node: NewNode): boolean {
  return name.toLowerCase() === node.Node.toLowerCase() && node.Partition === 'default'
}

function nameOf({ node }: Lease) {
  return { node: node.Node, partition: node.Partition, address: node.Address }
}

function withoutIndexes(node: CatalogNode): NewNode {
  const { CreateIndex, ModifyIndex, ...rest } = node
  return rest
}
