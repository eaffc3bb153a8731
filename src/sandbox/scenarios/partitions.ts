// Two admin partitions of one cluster: `web` in default asks `billing` in finance, which finance exports, directly and through
// mesh gateways; then the four places where the mode can be set, each stronger than the one before.

import { spell } from '../loopback.ts'
import { makeTrial } from '../make-trial.ts'
import type { Hint, Outcome, Scenario, Stage, Trial } from '../scenario.ts'
import { type PartitionsMesh, registerWebSidecar, startPartitions, writeDefaults } from './partitions-mesh.ts'
import { expectedHops, MODES, type Mode, NETWORKS } from './partitions-places.ts'

export const partitions: Scenario = {
  name: 'partitions',
  title: 'two admin partitions, one request through mesh gateways',
  picture: `
     partition default                         partition finance
  +-------------------------------+         +-------------------------------+
  |             one agent for both partitions, in datacenter dc1            |
  |                               |         |                               |
  |  web -> sidecar --- local --> gateway --> gateway -> sidecar -> billing |
  |               \\               |         | ^           ^                 |
  |                \\-- remote ----|---------|-/           |                 |
  |                 \\- none ------|---------|-------------/                 |
  +-------------------------------+         +-------------------------------+
`,
  network: NETWORKS.default,
  steps: 4,
  run,
}

/** Where a mode is written, weakest first, and what it says there: each one overrules those before it. */
const PRECEDENCE: readonly { readonly place: string; readonly mode: Mode }[] = [
  { place: 'proxy-defaults', mode: 'remote' },
  { place: 'service-defaults of web', mode: 'local' },
  { place: 'the instance of the sidecar', mode: 'none' },
  { place: 'the upstream', mode: 'remote' },
]

async function run(stage: Stage): Promise<Outcome> {
  const mesh = await startPartitions(stage)
  const abbreviations = new Map([[mesh.trustDomain, '<td>']])
  const trials: Trial[] = []
  const attempt = async (title: string, mode: Mode) => {
    const expected = { answer: 'billing in finance answered', hops: expectedHops(mesh.places, mesh.trustDomain, mode) }
    const { places, proxies } = mesh
    const cluster = /billing\.default\.finance\.dc1\.internal-v1\./
    const plan = { title, caller: places.web, entry: 'web-sidecar', cluster, proxies, expected, signal: stage.signal }
    const trial = await makeTrial(plan)
    stage.show(trial, abbreviations)
    trials.push(trial)
  }

  for (const mode of MODES) {
    await writeDefaults(stage, mesh.agent, { proxyDefaults: mode })
    await attempt(`mode ${mode}`, mode)
  }
  const written: Mode[] = []
  for (const { place, mode } of PRECEDENCE) {
    written.push(mode)
    const [proxyDefaults, serviceDefaults, instance, upstream] = written
    await writeDefaults(stage, mesh.agent, { proxyDefaults, serviceDefaults })
    await registerWebSidecar(mesh.agent, mesh.places, { instance, upstream })
    await attempt(`${mode} in ${place}`, mode)
  }
  return { trials, abbreviations, hints: hintsFor(mesh) }
}

function hintsFor({ agent, places }: PartitionsMesh): readonly Hint[] {
  const ask = `curl http://${spell(places.web)}/`
  return [
    { command: `export CONSUL_HTTP_ADDR=${agent.env.CONSUL_HTTP_ADDR}`, why: 'talk to the agent' },
    { command: ask, why: 'web asks billing' },
    { command: 'bin/isthmus partition list', why: 'the partitions' },
    { command: 'bin/isthmus services imported-services', why: 'what others share with default' },
    { command: 'bin/isthmus services exported-services -partition finance', why: 'what finance shares, and with whom' },
    {
      command: 'bin/isthmus config delete -kind exported-services -name finance -partition finance',
      why: `then ${ask} fails, and the log of the agent says what is missing`,
    },
  ]
}
