// A datacenter of a test whose server is a real Consul, and whose Envoys are told by it what to do.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { locateEnvoy } from '../../src/rim/envoy/locate-envoy.ts'
import { agentIsReady, planAgent, startAgent } from '../../src/sandbox/agent.ts'
import type { Program } from '../../src/sandbox/program.ts'
import { Datacenter, type DatacenterPlan } from './datacenter.ts'
import type { Mesh } from './mesh.ts'

/** The path of a consul binary; '' where there is none. */
export const CONSUL_BIN = process.env.CONSUL_BIN ?? ''

const EXTRA = `
bootstrap            = true
disable_update_check = true
log_level            = "warn"
connect { enabled = true }
peering { enabled = true }
performance { raft_multiplier = 1 }
`

/** Starts a Consul of one server and waits until it can be used. It takes the same configuration as an agent of ours. */
export async function startConsulDatacenter(mesh: Mesh, plan: DatacenterPlan): Promise<Datacenter> {
  const program = consulProgram(mesh, (await locateEnvoy())?.path ?? 'envoy')
  const address = await mesh.loopback.address(plan.networks.lan, 2)
  const own = { datacenter: plan.name, primary: plan.name, joins: [], extra: EXTRA }
  const agent = startAgent(program, await planAgent(mesh.loopback, address, own), mesh.supervisor.folder)
  await agentIsReady(agent, {})
  return new Datacenter(mesh, plan, agent, program)
}

function consulProgram({ supervisor }: Mesh, envoy: string): Program {
  // It takes no Envoy that is newer than itself unless told to.
  const newer = ['-ignore-envoy-compatibility', '-envoy-binary', envoy]
  return {
    run: async (args, env) => (await promisify(execFile)(CONSUL_BIN, args, { env: { ...process.env, ...env } })).stdout,
    start(name, given, env) {
      const isEnvoy = given[0] === 'connect' && given[1] === 'envoy'
      const args = isEnvoy ? ['connect', 'envoy', ...newer, ...given.slice(2)] : given
      return supervisor.start({ name, command: CONSUL_BIN, args, env })
    },
  }
}
