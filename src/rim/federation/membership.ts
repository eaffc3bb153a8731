// Finds the servers of other datacenters, keeps in touch with them, and notices when they go and come back.

import {
  INCARNATION_TAG,
  memberName,
  mergeMembers,
  type NewMember,
  serversOf,
  statusChange,
} from '../../core/federation/members.ts'
import { Fault } from '../../core/model/fault.ts'
import type { WanMember } from '../../core/model/member.ts'
import type { Command } from '../../core/store/commands.ts'
import { reduce } from '../../core/store/reduce.ts'
import type { Store } from '../../core/store/store.ts'
import type { Committer } from '../engine/committer.ts'
import { jsonAnswer, textAnswer } from '../http/message.ts'
import type { Logger } from '../logger.ts'
import { RPC_PATHS, type RpcAnswer, type RpcRequest } from './rpc.ts'
import type { Endpoint, RpcClient } from './rpc-client.ts'

export interface MembershipOptions {
  readonly store: Store
  readonly committer: Committer
  readonly client: RpcClient
  readonly logger: Logger
  /** Where others reach this server. */
  readonly address: string
  readonly port: number
  readonly rpcPort: number
  /** `host[:port]` of servers to begin with. */
  readonly join: readonly string[]
  readonly joinIntervalMs: number
  readonly version: string
  /** Milliseconds since the epoch at start: what this server says now is newer than what it said before. */
  readonly startedAt: number
}

const TOUCH_MS = 2_000
const DEFAULT_PORT = 8302
const CALL_TIMEOUT_MS = 5_000

export class Membership {
  readonly #options: MembershipOptions
  readonly #abort = new AbortController()
  readonly #joined = new Set<string>()
  readonly #complained = new Set<string>()
  #timers: NodeJS.Timeout[] = []

  constructor(options: MembershipOptions) {
    this.#options = options
  }

  /** Records this server and begins to join and to touch the others. */
  async start(): Promise<void> {
    await this.#commit([{ type: 'set-member', member: this.#self('alive') }])
    const joinAgain = () => void this.#joinAll()
    this.#timers = [
      setInterval(joinAgain, Math.min(this.#options.joinIntervalMs, 2_000)),
      setInterval(() => void this.#touchAll(), TOUCH_MS),
    ]
    for (const timer of this.#timers) timer.unref()
    joinAgain()
  }

  /** Says goodbye to every server that can be reached, so that they do not take us for failed. */
  async leave(): Promise<void> {
    const goodbye = this.#self('left', 1)
    const calls = this.#others().map(member => this.#exchange(endpointOf(member, this.#domain), [goodbye]))
    await Promise.allSettled(calls)
    await this.#commit([{ type: 'set-member', member: goodbye }])
  }

  stop(): void {
    this.#abort.abort()
    for (const timer of this.#timers) clearInterval(timer)
  }

  /** Joins one server now. Throws Fault('unavailable') when it cannot be reached. */
  async join(address: string): Promise<void> {
    await this.#exchange(joinEndpoint(address), this.#members())
    this.#joined.add(address)
  }

  /** Answers a server that says who it knows. */
  async answerJoin(request: RpcRequest): Promise<RpcAnswer> {
    const heard: readonly NewMember[] = JSON.parse(request.body.toString('utf8'))
    const ours = this.#options.store.self
    const clash = heard.find(member => member.Name === memberName(ours.node, ours.datacenter) && !this.#isOurs(member))
    if (clash !== undefined) {
      return textAnswer(409, `another server is named ${clash.Name} too; node names must differ within a datacenter`)
    }
    await this.#take(heard)
    return jsonAnswer(this.#members())
  }

  get #domain(): string {
    return this.#options.store.self.domain
  }

  #isOurs(member: NewMember): boolean {
    return member.Address === this.#options.address && member.Port === this.#options.port
  }

  #self(status: WanMember['Status'], later = 0): NewMember {
    const { node, nodeId, datacenter } = this.#options.store.self
    const { address, port, rpcPort, version, startedAt } = this.#options
    return {
      Name: memberName(node, datacenter),
      Node: node,
      Datacenter: datacenter,
      Address: address,
      Port: port,
      RpcPort: rpcPort,
      Status: status,
      Tags: {
        role: 'consul',
        dc: datacenter,
        id: nodeId,
        build: version,
        port: String(rpcPort),
        wan_join_port: String(port),
        segment: '',
        acls: '0',
        vsn: '2',
        vsn_min: '2',
        vsn_max: '3',
        [INCARNATION_TAG]: String(startedAt + later),
      },
    }
  }

  #members(): readonly NewMember[] {
    return this.#options.store.list('members', 'all', '')
  }

  #others(): readonly NewMember[] {
    const { node, datacenter } = this.#options.store.self
    const own = memberName(node, datacenter)
    return this.#members().filter(member => member.Name !== own && member.Status !== 'left')
  }

  async #joinAll(): Promise<void> {
    await Promise.all(
      this.#options.join.filter(address => !this.#joined.has(address)).map(address => this.#joinOne(address)),
    )
  }

  async #joinOne(address: string): Promise<void> {
    const { logger } = this.#options
    try {
      await this.join(address)
      logger.info('joined the federation', { through: address, datacenters: this.#datacenters().join(',') })
    } catch (error) {
      if (this.#abort.signal.aborted || this.#complained.has(address)) return
      this.#complained.add(address)
      const text = 'cannot join the federation yet; trying again until it works'
      logger.warn(text, { address, error, hint: 'check retry_join_wan here and bind_addr and ports.serf_wan there' })
    }
  }

  #datacenters(): readonly string[] {
    return [...new Set(this.#members().map(member => member.Datacenter))].sort()
  }

  async #touchAll(): Promise<void> {
    await Promise.all(this.#others().map(member => this.#touch(member)))
  }

  async #touch(member: NewMember): Promise<void> {
    const { logger } = this.#options
    const isAlive = await this.#exchange(endpointOf(member, this.#domain), this.#members()).then(
      () => true,
      () => false,
    )
    if (this.#abort.signal.aborted) return
    const known = this.#options.store.get('members', member.Name)
    const change = known && statusChange(withoutIndexes(known), isAlive ? 'alive' : 'failed')
    if (change === undefined) return
    if (isAlive) logger.info('a server of the federation is back', { server: member.Name })
    else logger.warn('a server of the federation does not answer', { server: member.Name, address: member.Address })
    // What cannot be recorded now is tried again with the next touch.
    await this.#commit([change]).catch(error => logger.warn('cannot record a member', { server: member.Name, error }))
  }

  async #exchange(endpoint: Endpoint, members: readonly NewMember[]): Promise<void> {
    const answer = await this.#options.client.call(endpoint, {
      method: 'POST',
      path: RPC_PATHS.join,
      body: Buffer.from(JSON.stringify(members)),
      signal: AbortSignal.any([this.#abort.signal, AbortSignal.timeout(CALL_TIMEOUT_MS)]),
    })
    const text = answer.body.toString('utf8')
    if (answer.status !== 200) throw new Fault('unavailable', `${endpoint.address}:${endpoint.port} answered: ${text}`)
    await this.#take(JSON.parse(text))
  }

  async #take(heard: readonly NewMember[]): Promise<void> {
    const { node, datacenter } = this.#options.store.self
    const known = this.#options.store.list('members', 'all', '')
    await this.#commit(mergeMembers(known, heard.map(withoutIndexes), memberName(node, datacenter)))
  }

  async #commit(commands: readonly Command[]): Promise<void> {
    await Promise.all(commands.map(command => this.#options.committer.submit(state => reduce(state, command))))
  }
}

/** Where a server is dialled. */
export function endpointOf(member: NewMember, domain: string): Endpoint {
  return { address: member.Address, port: member.Port, serverName: `server.${member.Datacenter}.${domain}` }
}

/** Servers of a datacenter in the order in which they are worth asking. */
export function endpointsOf(store: Store, datacenter: string): readonly Endpoint[] {
  const members = serversOf(store.list('members', 'all', ''), datacenter)
  return members.map(member => endpointOf(member, store.self.domain))
}

/** The place a `host[:port]` of retry_join_wan names. Throws Fault('invalid') when it is neither. */
export function joinEndpoint(text: string): Endpoint {
  const match = /^(?:\[([^\]]+)\]|([^:]+)|([0-9a-fA-F:]+:[0-9a-fA-F:]*))(?::(\d+))?$/.exec(text)
  const address = match?.[1] ?? match?.[2] ?? match?.[3]
  if (address === undefined) throw new Fault('invalid', `retry_join_wan: "${text}" is not host or host:port`)
  return { address, port: Number(match?.[4] ?? DEFAULT_PORT), serverName: '' }
}

function withoutIndexes(member: NewMember | WanMember): NewMember {
  const { Name, Node, Datacenter, Address, Port, RpcPort, Status, Tags } = member
  return { Name, Node, Datacenter, Address, Port, RpcPort, Status, Tags }
}
