// Two federated datacenters: `web` in onprem asks `api` in cloud, directly, through the gateway of cloud, and through both
// gateways.

import { followConnection, type Hop } from '../access-log.ts'
import type { Relay } from '../echo-service.ts'
import { hostsOfCluster, sniOfCluster } from '../envoy-admin.ts'
import { eventually, expectThat } from '../eventually.ts'
import { sendHttp } from '../http-request.ts'
import { judge } from '../judge.ts'
import { spell } from '../loopback.ts'
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
  await firstHopIs(stage, mesh, expected.hops[0]?.to ?? '')

  const { text } = await sendHttp(mesh.places.web, { path: `/?mode=${mode}` })
  const relay: Relay = JSON.parse(text)
  const answer = spellAnswer(relay)
  const hops = await hopsOf(mesh, relay.upstream.from, { count: expected.hops.length, signal: stage.signal })
  return { title: `mode ${mode}`, hops, answer, expected, problems: judge(expected, hops, answer) }
}

/** Waits until the sidecar of web has heard of the mode. Where it does not, the trial shows where it goes instead. */
async function firstHopIs({ signal }: Stage, { proxies }: Mesh, address: string): Promise<void> {
  const sidecar = proxies.get('web-sidecar')
  if (sidecar === undefined) return
  await eventually(
    `the sidecar of web goes to ${address}`,
    async () => {
      sidecar.child.expectAlive()
      const hosts = await hostsOfCluster(sidecar.admin, /^api\.default\.cloud\.internal\./)
      expectThat(hosts.join() === address, `it goes to ${hosts.join()}`)
    },
    { signal, deadlineMs: 20_000 },
  ).catch(unlessAborted(signal))
}

/** The way of a connection from its beginning, once the access logs show as many hops as there should be, or after a while. */
async function hopsOf(
  mesh: Mesh,
  from: string,
  { count, signal }: { readonly count: number; readonly signal: AbortSignal },
): Promise<readonly Hop[]> {
  const sidecar = mesh.proxies.get('web-sidecar')
  const logs = () => new Map([...mesh.proxies.values()].map(({ name, child }) => [name, child.lines]))
  const allHops = () => {
    const found = followConnection(from, logs())
    expectThat(found.length >= count, `they show ${found.length} hops`)
  }
  await eventually('the access logs show the whole way', allHops, { signal, deadlineMs: 5_000 }).catch(
    unlessAborted(signal),
  )
  const [first, ...rest] = followConnection(from, logs())
  if (first === undefined || sidecar === undefined) return []
  return [{ ...first, sni: await sniOfCluster(sidecar.admin, first.connection.cluster) }, ...rest]
}

/** Takes a failed wait for what it is here: a trial that will show what is wrong. */
function unlessAborted(signal: AbortSignal): () => void {
  return () => signal.throwIfAborted()
}

function spellAnswer({ upstream }: Relay): string {
  const { answer } = upstream
  if (typeof answer === 'object' && answer !== null && 'service' in answer && 'datacenter' in answer) {
    return `${answer.service} in ${answer.datacenter} answered`
  }
  return `no answer: ${typeof answer === 'string' ? answer : JSON.stringify(answer)}`
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
