// Two federated datacenters: `web` in onprem asks `api` in cloud, directly, through the gateway of cloud, and through both
// gateways.

import { spell } from '../loopback.ts'
import { makeTrial } from '../make-trial.ts'
import type { Hint, Outcome, Scenario, Stage, Trial } from '../scenario.ts'
import { type Mesh, startMesh, writeMode } from './federation-mesh.ts'
import { expectedHops, MODES, type Mode, NETWORKS } from './federation-places.ts'

export const federation: Scenario = {
  name: 'federation',
  title: 'two federated datacenters, one request through mesh gateways',
  picture: `
     onprem (primary)                          cloud
  +-------------------------------+         +-------------------------------+
  |         agent  <==============|=========|==============>  agent         |
  |                               |         |                               |
  |  web -> sidecar --- local --> gateway --> gateway --> sidecar -> api    |
  |               \\               |         | ^           ^                 |
  |                \\-- remote ----|---------|-/           |                 |
  |                 \\- none ------|---------|-------------/                 |
  +-------------------------------+   WAN   +-------------------------------+
`,
  network: NETWORKS.onprem,
  steps: 5,
  run,
}

async function run(stage: Stage): Promise<Outcome> {
  const mesh = await startMesh(stage)
  const abbreviations = new Map([[mesh.trustDomain, '<td>']])
  const trials: Trial[] = []
  for (const mode of MODES) {
    const trial = await tryMode(stage, mesh, mode)
    stage.show(trial, abbreviations)
    trials.push(trial)
  }
  return { trials, abbreviations, hints: hintsFor(mesh) }
}

async function tryMode(stage: Stage, mesh: Mesh, mode: Mode): Promise<Trial> {
  await writeMode(stage, mesh.onprem, mode)
  const expected = { answer: 'api in cloud answered', hops: expectedHops(mesh.places, mesh.trustDomain, mode) }
  const { web } = mesh.places
  const { proxies } = mesh
  const cluster = /^api\.default\.cloud\.internal\./
  return makeTrial({
    title: `mode ${mode}`,
    caller: web,
    entry: 'web-sidecar',
    cluster,
    proxies,
    expected,
    signal: stage.signal,
  })
}

function hintsFor({ onprem, places, proxies }: Mesh): readonly Hint[] {
  const gateway = proxies.get('onprem-gateway')
  const ask = `curl http://${spell(places.web)}/`
  return [
    { command: `export CONSUL_HTTP_ADDR=${onprem.env.CONSUL_HTTP_ADDR}`, why: 'talk to the agent of onprem' },
    { command: ask, why: 'web asks api' },
    { command: 'bin/isthmus members -wan', why: 'the servers of both datacenters' },
    { command: 'bin/isthmus catalog services -datacenter cloud', why: 'what cloud has to offer' },
    { command: 'bin/isthmus config read -kind proxy-defaults -name global', why: 'the mode, and where to change it' },
    { command: 'bin/isthmus intention create -deny web api', why: `then ${ask} fails` },
    { command: 'bin/isthmus intention delete web api', why: 'and works again' },
    ...(gateway
      ? [{ command: `curl http://${spell(gateway.admin.at)}/clusters`, why: "the gateway's own Envoy" }]
      : []),
  ]
}
