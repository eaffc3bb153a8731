// An Envoy of the mesh, started the way users start one: `isthmus connect envoy`.

import type { Agent } from './agent.ts'
import { type EnvoyAdmin, envoyAdmin } from './envoy-admin.ts'
import { eventually, expectThat, type Patience } from './eventually.ts'
import { type Endpoint, spell } from './loopback.ts'
import type { Program } from './program.ts'
import type { Child } from './supervisor.ts'

export interface EnvoyProxy {
  readonly name: string
  readonly child: Child
  readonly admin: EnvoyAdmin
  /** The command that started it, as a user would type it. */
  readonly commandLine: string
}

export interface ProxyPlan {
  readonly name: string
  readonly agent: Agent
  readonly admin: Endpoint
  /** What tells `connect envoy` which proxy this is. */
  readonly selection: readonly string[]
}

// One worker thread is enough here, and access logs come soon enough to watch them.
const ENVOY_ARGS = ['--concurrency', '1', '--file-flush-interval-msec', '100', '--log-level', 'warning']

/** The selection of a mesh gateway that is registered on the way. */
export function meshGateway(lan: Endpoint, wan: Endpoint, service = 'mesh-gateway'): readonly string[] {
  const name = service === 'mesh-gateway' ? [] : ['-service', service]
  return ['-mesh-gateway', '-register', ...name, '-address', spell(lan), '-wan-address', spell(wan)]
}

export function startProxy(program: Program, plan: ProxyPlan): EnvoyProxy {
  const { name, agent, admin, selection } = plan
  const args = ['connect', 'envoy', ...selection, '-admin-bind', spell(admin)]
  const child = program.start(name, [...args, '--', ...ENVOY_ARGS], agent.env)
  return { name, child, admin: envoyAdmin(admin), commandLine: `isthmus ${args.join(' ')}` }
}

/** Waits until the Envoy has its configuration and listens. */
export async function proxyIsReady(proxy: EnvoyProxy, patience: Patience): Promise<void> {
  await eventually(
    `${proxy.name} is ready`,
    async () => {
      proxy.child.expectAlive()
      expectThat(await proxy.admin.isReady(), 'Envoy is up and waits for its configuration')
      expectThat((await proxy.admin.listeners()).length > 0, 'Envoy has no listener')
    },
    patience,
  )
}
