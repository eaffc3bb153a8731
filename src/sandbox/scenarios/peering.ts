// Two peered clusters without shared trust: `web` in east asks `api` (http) and `ledger` (tcp) in west, which west exports to it,
// through the gateway of west and through the gateways of both.

import { eventually, expectThat } from '../eventually.ts'
import { spell } from '../loopback.ts'
import { makeTrial } from '../make-trial.ts'
import type { Hint, Outcome, Scenario, Stage, Trial } from '../scenario.ts'
import { type PeeringMesh, startPeering, writeMode } from './peering-mesh.ts'
import { expectedHops, MODES, type Mode, NETWORKS, PROTOCOLS, SERVICES, type ServiceOfWest } from './peering-places.ts'

export const peering: Scenario = {
  name: 'peering',
  title: 'two peered clusters that share no trust, requests through mesh gateways',
  picture: `
     east                                      west
  +-------------------------------+         +-------------------------------+
  |         agent  <==============|== token |=============>  agent          |
  |         its own roots         |         |        its own roots          |
  |                               |         |                               |
  |  web -> sidecar --- local --> gateway --> gateway --> sidecar -> api    |
  |               \\               |         | ^      \\                      |
  |                \\-- remote ----|---------|-/       \\-> sidecar -> ledger |
  +-------------------------------+         +-------------------------------+
`,
  network: NETWORKS.east,
  steps: 5,
  run,
}

async function run(stage: Stage): Promise<Outcome> {
  const mesh = await startPeering(stage)
  const abbreviations = new Map([
    [mesh.trust.east, '<td east>'],
    [mesh.trust.west, '<td west>'],
  ])
  const trials: Trial[] = []
  for (const mode of MODES) {
    for (const service of SERVICES) {
      await writeMode(mesh.east, mode)
      const trial = await tryService(stage, mesh, { service, mode })
      stage.show(trial, abbreviations)
      trials.push(trial)
    }
  }
  return { trials, abbreviations, hints: hintsFor(mesh) }
}

async function tryService(
  stage: Stage,
  mesh: PeeringMesh,
  { service, mode }: { readonly service: ServiceOfWest; readonly mode: Mode },
): Promise<Trial> {
  const { places, trust, proxies } = mesh
  const trial = makeTrial({
    title: `${PROTOCOLS[service]}, mode ${mode}`,
    caller: places.web[service],
    entry: 'web-sidecar',
    cluster: new RegExp(`^${service}\\.default\\.west\\.external\\.`),
    proxies,
    expected: { answer: `${service} in west answered`, hops: expectedHops(places, trust, { service, mode }) },
    signal: stage.signal,
  })
  if (mode === 'local' && PROTOCOLS[service] === 'http') await Promise.all([trial, leaveEastGateway(stage, mesh)])
  return trial
}

/**
 * Sends the requests after this one another way. A gateway that passes connections on logs them when they end, and those of http
 * are kept for more requests as long as there may be any.
 */
async function leaveEastGateway({ signal }: Stage, { east, places, proxies }: PeeringMesh): Promise<void> {
  const gateway = `"to":"${spell(places.gateways.east.lan)}"`
  const wentThere = () => {
    const lines = proxies.get('web-sidecar')?.child.lines ?? []
    expectThat(
      lines.some(line => line.includes(gateway)),
      'no request yet',
    )
  }
  await eventually('a request of web goes to the gateway of east', wentThere, { signal })
  await writeMode(east, 'remote')
}

function hintsFor({ east, west, places }: PeeringMesh): readonly Hint[] {
  const ask = `curl http://${spell(places.web.api)}/`
  return [
    { command: `export CONSUL_HTTP_ADDR=${west.env.CONSUL_HTTP_ADDR}`, why: 'talk to the agent of west' },
    { command: ask, why: 'web asks api; the answer shows the header that names the caller' },
    { command: `curl http://${spell(places.web.ledger)}/`, why: 'web asks ledger' },
    {
      command: `bin/isthmus peering doctor -peer-http-addr ${east.env.CONSUL_HTTP_ADDR} east`,
      why: 'every hop of the link, seen from both sides',
    },
    { command: 'bin/isthmus services exported-services', why: 'what west lends, and to whom' },
    { command: `curl '${east.env.CONSUL_HTTP_ADDR}/v1/health/connect/api?peer=west'`, why: 'what east knows of api' },
    {
      command: `echo '{"Kind":"service-intentions","Name":"api","Sources":[{"Name":"web","Peer":"east","Action":"deny"}]}' | bin/isthmus config write -`,
      why: `then ${ask} is refused, by west`,
    },
    { command: 'bin/isthmus peering delete -name east', why: 'ends the peering on both sides' },
  ]
}
