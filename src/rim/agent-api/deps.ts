// What the effects of the agent API work with.

import type { RegisterOptions } from '../../core/local/register.ts'
import type { Store } from '../../core/store/store.ts'
import type { Committer } from '../engine/committer.ts'
import type { AntiEntropy } from '../keepers/anti-entropy.ts'
import type { WaitLimits } from '../watch.ts'

export interface AgentApiDeps {
  readonly store: Store
  readonly local: Committer
  readonly sync: AntiEntropy
  readonly registerOptions: Omit<RegisterOptions, 'replaceChecks'>
  /** Tells a ttl check what its application says of itself; false when the check is none. */
  readonly updateTtl: (checkKey: string, status: 'passing' | 'warning' | 'critical', output: string) => boolean
  readonly waits: WaitLimits
  readonly about: AgentFacts
  reload(): Promise<void>
  leave(): Promise<void>
  joinWan(address: string): Promise<void>
  /** Looks for servers at one more place. Throws Fault('unsupported') on servers. */
  joinLan(address: string): Promise<void>
  forceLeave(departed: Departed): Promise<void>
}

/** A node that is said to be gone. */
export interface Departed {
  readonly node: string
  readonly partition: string
  /** Forget it at once, instead of showing it as one that left. */
  readonly prune: boolean
  /** The secret of whoever says so. */
  readonly token: string
}

/** What `/v1/agent/self` says beside the identity. */
export interface AgentFacts {
  readonly version: string
  readonly grpcPort: number
  readonly grpcTlsPort: number
  readonly meta: Readonly<Record<string, string>>
  readonly debugConfig: Readonly<Record<string, unknown>>
}
