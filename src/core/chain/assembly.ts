// A chain while it is being compiled: the nodes and targets found so far, and what is wrong with them.

import type { ChainNode, ChainTarget } from './chain.ts'
import type { ChainOverrides } from './customization.ts'
import type { Entries, ServiceId } from './entries.ts'
import { displayName, isHttpLike, serviceProtocol } from './protocol.ts'
import { type Destined, makeTarget, type TargetSpec, targetId } from './target.ts'

/** Which chain to compile, and for where. */
export interface ChainRequest {
  readonly service: string
  readonly namespace: string
  readonly partition: string
  readonly datacenter: string
  readonly trustDomain: string
  readonly overrides?: ChainOverrides
  /** Whether an entry is being judged: then a failover that does not fit is refused, where a proxy does without it. */
  readonly isJudged?: boolean
  /** Addresses that stand for the service in transparent proxies. */
  readonly virtualIps?: { readonly auto: readonly string[]; readonly manual: readonly string[] }
}

/** One compilation. Nodes and targets are shared by key; a failed step returns undefined and leaves its reason here. */
export class Assembly {
  readonly request: ChainRequest
  readonly entries: Entries
  /** The protocol that the entries give the service. */
  readonly protocol: string
  /** False when the caller's protocol leaves nothing to route or split. */
  readonly allowsRouting: boolean
  readonly nodes = new Map<string, ChainNode>()
  readonly targets = new Map<string, ChainTarget>()
  /** Splitters entered and not yet left, outermost first. */
  readonly openSplitters: string[] = []
  usesRouting = false
  problem: string | undefined

  constructor(request: ChainRequest, entries: Entries) {
    const override = request.overrides?.protocol
    this.request = request
    this.entries = entries
    this.protocol = serviceProtocol(entries, this.service)
    this.allowsRouting = !override || isHttpLike(override)
  }

  get service(): ServiceId {
    const { service, namespace, partition } = this.request
    return { Name: service, Namespace: namespace, Partition: partition }
  }

  /** The target that the service is before any entry is looked at. */
  get start(): TargetSpec {
    const { service, namespace, partition, datacenter } = this.request
    return { service, namespace, partition, datacenter, subset: '', peer: '' }
  }

  /** Notes the first thing that makes the chain impossible. */
  fail(message: string): undefined {
    this.problem ??= message
    return undefined
  }

  /** Notes that the chain passes through a service, which must speak the chain's protocol as far as that is known. */
  visit(service: ServiceId): void {
    if (this.entries.isHidden(service)) return
    const protocol = serviceProtocol(this.entries, service)
    if (protocol === this.protocol) return
    this.fail(
      `discovery chain "${this.request.service}" uses inconsistent protocols; ` +
        `service "${displayName(service)}" has "${protocol}" which is not "${this.protocol}"`,
    )
  }

  addTarget(destined: Destined): string {
    const id = targetId(destined.spec)
    if (!this.targets.has(id)) this.targets.set(id, makeTarget(destined, this.entries, this.request.trustDomain))
    return id
  }

  /** Adds a node unless there is one of its key, and returns the key. */
  addNode(node: ChainNode): string {
    const key = `${node.Type}:${node.Name}`
    if (!this.nodes.has(key)) this.nodes.set(key, node)
    return key
  }
}
