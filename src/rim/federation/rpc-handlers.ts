// Answers what agents and other servers ask. Internal questions are answered here; everything else is an API request they pass on.

import type { Waiting } from '../../core/model/fact.ts'
import { allEntries, storedRoots } from '../../core/queries/federation.ts'
import { connectInstances, kindInstances } from '../../core/queries/instances.ts'
import type { Store } from '../../core/store/store.ts'
import type { Query } from '../../core/store/view.ts'
import { parseDuration } from '../../lib/duration.ts'
import { isAgentPath } from '../agents/agent-handlers.ts'
import type { AgentHost } from '../agents/agent-host.ts'
import { type HttpAnswer, type HttpRequest, jsonAnswer, receivedRequest, textAnswer } from '../http/message.ts'
import type { CertificateAuthority } from '../keepers/certificate-authority.ts'
import { blockingRead, clampWait, type WaitClock } from '../watch.ts'
import type { Membership } from './membership.ts'
import { RPC_PATHS, type RpcAnswer, type RpcHandler, type RpcReceived, type RpcRequest } from './rpc.ts'

export interface RpcHandlerDeps {
  readonly store: Store
  readonly clock: WaitClock
  readonly authority: CertificateAuthority
  readonly membership: Membership
  readonly agents: Pick<AgentHost, 'answer'>
  /** The HTTP API of this agent. */
  readonly api: (request: HttpRequest) => Promise<HttpAnswer>
}

/** One handler for everything that arrives from other servers. */
export function rpcHandler(deps: RpcHandlerDeps): RpcHandler {
  return async request => {
    const url = new URL(request.path, 'http://rpc')
    if (isAgentPath(url.pathname)) return await deps.agents.answer(request, url)
    if (!isOfServer(request, deps.store.self.domain)) {
      return textAnswer(403, 'this is for servers, and the certificate that was shown is not of one')
    }
    switch (url.pathname) {
      case RPC_PATHS.join:
        return await deps.membership.answerJoin(request)
      case RPC_PATHS.connect:
        return await read(deps, request, url, connectInstances, {
          Name: url.searchParams.get('service') ?? '',
          Partition: url.searchParams.get('partition') ?? '',
          Namespace: url.searchParams.get('namespace') ?? '',
          Peer: '',
        })
      case RPC_PATHS.gateways:
        return await read(deps, request, url, kindInstances, {
          kind: 'mesh-gateway',
          partition: url.searchParams.get('partition') ?? '',
          peer: '',
        })
      case RPC_PATHS.entries:
        return await read(deps, request, url, allEntries, undefined)
      case RPC_PATHS.roots:
        return await readRoots(deps, request, url)
      case RPC_PATHS.signIntermediate:
        return await signIntermediate(deps, request)
      default:
        return await deps.api(receivedRequest(request))
    }
  }
}

/**
 * Certificates of servers are of `server.<datacenter>.<domain>`. A client agent's is not, and does not let it ask for what only
 * servers need, such as an intermediate certificate. Where certificates are not verified all are taken for servers.
 */
function isOfServer({ verifiedNames }: RpcReceived, domain: string): boolean {
  return (
    verifiedNames === undefined || verifiedNames.some(name => name.startsWith('server.') && name.endsWith(`.${domain}`))
  )
}

async function read<A, R>(
  deps: RpcHandlerDeps,
  request: RpcRequest,
  url: URL,
  query: Query<A, R | Waiting>,
  arg: A,
): Promise<RpcAnswer> {
  const { value, index } = await blockingRead(deps.store, query, arg, {
    minIndex: Number(url.searchParams.get('index') ?? 0),
    waitMs: clampWait(parseDuration(url.searchParams.get('wait') ?? '')),
    signal: request.signal,
    clock: deps.clock,
  })
  return jsonAnswer(value, { headers: { 'x-consul-index': String(index) } })
}

async function readRoots(deps: RpcHandlerDeps, request: RpcRequest, url: URL): Promise<RpcAnswer> {
  if (!deps.authority.isReady) return textAnswer(503, 'the certificate authority is not initialised yet')
  return await read(deps, request, url, storedRoots, undefined)
}

async function signIntermediate(deps: RpcHandlerDeps, request: RpcRequest): Promise<RpcAnswer> {
  const { datacenter, primaryDatacenter } = deps.store.self
  if (datacenter !== primaryDatacenter) {
    return textAnswer(
      400,
      `this is ${datacenter}; intermediates are signed in the primary datacenter ${primaryDatacenter}`,
    )
  }
  const certPem = await deps.authority.signIntermediate(request.body.toString('utf8'))
  return jsonAnswer({ certPem })
}
