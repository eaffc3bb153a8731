// What every agent has, server or not: the services and checks registered with it, and their way into the catalog.

import { dropFileRows, type RegisterOptions, registerCheck, registerService } from '../core/local/register.ts'
import type { Store } from '../core/store/store.ts'
import type { AgentApiDeps } from '../rim/agent-api/deps.ts'
import type { Commands, Committer } from '../rim/engine/committer.ts'
import { AntiEntropy } from '../rim/keepers/anti-entropy.ts'
import { HealthChecks } from '../rim/keepers/health-checks.ts'
import type { Logger } from '../rim/logger.ts'
import { systemWaitClock } from '../rim/watch.ts'
import { debugConfig } from './debug-config.ts'
import type { Definitions } from './definitions.ts'
import { ownRows } from './own-rows.ts'
import type { Settings } from './settings.ts'
import { VERSION } from './version.ts'

export interface LocalAgentDeps {
  readonly store: Store
  readonly local: Committer
  /** Carries out what reaches the catalog. */
  readonly catalog: Commands
  readonly logger: Logger
  /** Whether the store says which partitions and namespaces there are; true unless given. */
  knowsTenancies?(): boolean
}

/** What the agent API needs of the local side; the rest depends on the kind of agent. */
export type LocalApi = Pick<
  AgentApiDeps,
  'store' | 'local' | 'sync' | 'registerOptions' | 'waits' | 'updateTtl' | 'about'
>

export class LocalAgent {
  readonly sync: AntiEntropy
  readonly checks: HealthChecks
  readonly api: LocalApi
  readonly #deps: LocalAgentDeps
  readonly #settings: Settings

  constructor(settings: Settings, deps: LocalAgentDeps) {
    const { store, local, catalog, logger } = deps
    const { self } = settings
    this.#deps = deps
    this.#settings = settings
    this.sync = new AntiEntropy({
      ...{ state: store, local, catalog, own: ownRows(settings) },
      logger: logger.named('anti-entropy'),
    })
    this.checks = new HealthChecks({
      ...{ store, local, clock: systemWaitClock },
      logger: logger.named('checks'),
      now: () => Date.now(),
      scripts: origin => (origin === 'file' ? settings.scripts.files : settings.scripts.api),
    })
    this.api = {
      ...{ store, local, sync: this.sync },
      registerOptions: {
        ...{ node: self.node, partition: self.partition, sidecarPorts: settings.sidecarPorts },
        origin: 'api',
        scripts: settings.scripts.api,
        // Read whenever the options are used: a client agent hears of it from its server.
        get judgesTenancy() {
          return deps.knowsTenancies?.() ?? true
        },
      },
      waits: settings.waits,
      updateTtl: (checkKey, status, output) => this.checks.updateTtl(checkKey, status, output),
      about: {
        version: VERSION,
        grpcPort: settings.ports.grpc,
        grpcTlsPort: settings.ports.grpcTls,
        meta: settings.nodeMeta,
        debugConfig: debugConfig(settings),
      },
    }
  }

  /** Registers what files define; what they defined before and no longer do goes. */
  async registerFiles(defined: Definitions): Promise<void> {
    const { local } = this.#deps
    const { scripts } = this.#settings
    const options: RegisterOptions = {
      ...this.api.registerOptions,
      ...{ origin: 'file', scripts: scripts.files, replaceChecks: true },
    }
    for (const service of defined.services) await local.submit(state => registerService(state, service, options))
    for (const check of defined.checks) await local.submit(state => registerCheck(state, check, options))
    await local.submit(state => dropFileRows(state, fileIds(defined)))
    await this.sync.settled()
  }

  close(): void {
    this.checks.close()
    this.sync.close()
  }
}

function fileIds({ services, checks }: Definitions): ReadonlySet<string> {
  const ids = new Set<string>()
  for (const service of services) {
    const id = service.ID || service.Name || ''
    ids.add(id)
    if (service.Connect?.SidecarService) ids.add(service.Connect.SidecarService.ID || `${id}-sidecar-proxy`)
  }
  for (const check of checks) ids.add(check.CheckID || check.Name || '')
  return ids
}
