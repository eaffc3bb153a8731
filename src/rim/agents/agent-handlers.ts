// How a server answers the client agents of its datacenter.

import { Fault } from '../../core/model/fault.ts'
import type { GrantedLeaf } from '../../core/pki/csr-rules.ts'
import type { Store } from '../../core/store/store.ts'
import { decode, describeIssues } from '../../lib/schema.ts'
import type { RpcAnswer, RpcFeed, RpcRequest } from '../federation/rpc.ts'
import { faultAnswer } from '../http/fault-answer.ts'
import {
  emptyAnswer,
  type HttpAnswer,
  type HttpRequest,
  jsonAnswer,
  receivedRequest,
  textAnswer,
} from '../http/message.ts'
import type { SignedLeaf } from '../signer/signer.ts'
import type { AgentLeases, Lease } from './agent-leases.ts'
import type { ChangeLog } from './change-log.ts'
import {
  AGENT_PATHS,
  feedLine,
  type Hello,
  helloSchema,
  LEASE_HEADER,
  PROTOCOL_VERSION,
  REVISION_HEADER,
  UNKNOWN_LEASE,
} from './protocol.ts'
import type { SharedFacts } from './shared-facts.ts'

export interface AgentHandlerDeps {
  readonly store: Store
  readonly leases: AgentLeases
  readonly changes: ChangeLog
  readonly facts: SharedFacts
  /** Signs a leaf request whose identity `allow` does not refuse. */
  readonly signLeaf: (csrPem: string, allow: (leaf: GrantedLeaf) => void) => Promise<SignedLeaf>
  /** The HTTP API of this server. */
  readonly api: (request: HttpRequest) => Promise<HttpAnswer>
}

const PATHS: ReadonlySet<string> = new Set(Object.values(AGENT_PATHS))

/** Whether a path is one of those that agents call. */
export function isAgentPath(path: string): boolean {
  return PATHS.has(path)
}

/** Answers one request of an agent. Faults become answers, with their sentence. */
export async function answerAgent(deps: AgentHandlerDeps, request: RpcRequest, url: URL): Promise<RpcAnswer | RpcFeed> {
  try {
    if (url.pathname === AGENT_PATHS.attach) return await attach(deps, request)
    const lease = deps.leases.get(request.headers[LEASE_HEADER] ?? '')
    if (lease === undefined) return textAnswer(UNKNOWN_LEASE, 'this server knows no such lease')
    return await answerHolder(deps, lease, request, url)
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return faultAnswer(error)
  }
}

async function answerHolder(deps: AgentHandlerDeps, lease: Lease, request: RpcRequest, url: URL): Promise<RpcAnswer> {
  switch (url.pathname) {
    case AGENT_PATHS.renew:
      deps.leases.renew(lease.id)
      return emptyAnswer({ [REVISION_HEADER]: String(deps.store.revision) })
    case AGENT_PATHS.leave:
      await deps.leases.leave(lease.id)
      return emptyAnswer()
    case AGENT_PATHS.api:
      return await passOn(deps, request, url.searchParams.get('path') ?? '')
    case AGENT_PATHS.fact:
      return await deps.facts.answer(request, url)
    case AGENT_PATHS.signLeaf:
      return jsonAnswer(await deps.signLeaf(request.body.toString('utf8'), leaf => refuseForeign(lease, leaf)))
    default:
      return textAnswer(404, `no such path: ${url.pathname}`)
  }
}

async function attach(deps: AgentHandlerDeps, request: RpcRequest): Promise<RpcFeed> {
  const hello = readHello(request.body)
  const { store, leases, changes } = deps
  const { datacenter, node: server, primaryDatacenter, defaultAllow } = store.self
  if (hello.Datacenter !== datacenter) {
    throw new Fault(
      'rejected',
      `datacenter: this is a server of "${datacenter}", and the agent says "${hello.Datacenter}"`,
    )
  }
  const { Node } = hello
  const lease = await leases.grant(
    { ...Node, ID: Node.ID.toLowerCase(), Datacenter: datacenter, PeerName: '' },
    hello.Version,
  )
  const { history } = changes
  const { revision } = store
  const welcome = { lease: lease.id, server, history, revision, primaryDatacenter, defaultAllow }
  const signal = AbortSignal.any([request.signal, lease.ended.signal])
  return {
    status: 200,
    headers: {},
    async pump(write) {
      await write(feedLine({ welcome }))
      const from = { history: hello.History, revision: hello.Revision }
      for await (const chunk of changes.follow(from, signal)) await write(chunk)
    },
  }
}

function readHello(body: Buffer): Hello {
  const decoded = decode(helloSchema, parseBody(body))
  if (!decoded.ok) throw new Fault('invalid', `agent: ${describeIssues(decoded.issues)}`)
  const { Protocol } = decoded.value
  if (Protocol !== PROTOCOL_VERSION) {
    throw new Fault(
      'unsupported',
      `agent: speaks version ${Protocol} of the protocol of agents; this server ${PROTOCOL_VERSION}`,
    )
  }
  return decoded.value
}

function parseBody(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (cause) {
    throw new Fault('invalid', 'agent: the body is not JSON', { cause })
  }
}

/** An API request of an agent's client. The API refuses what only concerns this server. */
async function passOn(deps: AgentHandlerDeps, request: RpcRequest, path: string): Promise<RpcAnswer> {
  const answer = await deps.api({ ...receivedRequest(request), path, isForwarded: false, isFromAgent: true })
  return { ...answer, headers: { ...answer.headers, [REVISION_HEADER]: String(deps.store.revision) } }
}

/** An agent vouches for what runs in its own partition, and for nothing else. */
function refuseForeign({ node }: Lease, { identity }: GrantedLeaf): void {
  const partition = 'partition' in identity ? identity.partition : undefined
  if (partition === node.Partition && (identity.kind === 'service' || identity.kind === 'mesh-gateway')) return
  if (partition === node.Partition && identity.kind === 'agent' && identity.node === node.Node) return
  throw new Fault('denied', `certificate: an agent in partition "${node.Partition}" may not have this identity`)
}
