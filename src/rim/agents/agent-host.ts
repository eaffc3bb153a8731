// What a server does for the client agents of its datacenter, put together: leases, changes, facts, signatures.

import { randomUUID } from 'node:crypto'
import type { Store } from '../../core/store/store.ts'
import type { Committer } from '../engine/committer.ts'
import type { RpcAnswer, RpcFeed, RpcRequest } from '../federation/rpc.ts'
import type { CertificateAuthority } from '../keepers/certificate-authority.ts'
import type { Logger } from '../logger.ts'
import { type AgentHandlerDeps, answerAgent } from './agent-handlers.ts'
import { AgentLeases } from './agent-leases.ts'
import { ChangeLog } from './change-log.ts'
import { SharedFacts } from './shared-facts.ts'

export interface AgentHostDeps {
  readonly store: Store
  readonly committer: Committer
  readonly authority: Pick<CertificateAuthority, 'signLeaf'>
  readonly logger: Logger
  readonly api: AgentHandlerDeps['api']
}

export class AgentHost {
  readonly leases: AgentLeases
  readonly #changes: ChangeLog
  readonly #handlers: AgentHandlerDeps

  constructor({ store, committer, authority, logger, api }: AgentHostDeps) {
    const clock = { monotonic: () => performance.now(), wall: () => Date.now() }
    const changes = new ChangeLog({ store, history: randomUUID() })
    this.#changes = changes
    committer.onBatch(batch => changes.add(batch))
    this.leases = new AgentLeases({ store, committer, clock, newId: randomUUID, logger: logger.named('agents') })
    this.#handlers = {
      ...{ store, leases: this.leases, changes, api },
      facts: new SharedFacts(store),
      signLeaf: (csrPem, allow) => authority.signLeaf(csrPem, allow),
    }
  }

  /** Begins to expect agents. */
  start(): void {
    this.leases.start()
  }

  /** Answers a request whose path `isAgentPath`. */
  answer(request: RpcRequest, url: URL): Promise<RpcAnswer | RpcFeed> {
    return answerAgent(this.#handlers, request, url)
  }

  async close(): Promise<void> {
    this.#changes.close()
    await this.leases.close()
  }
}
