// One trial of a scenario: wait until the caller's sidecar goes where it should, send a request, follow it through the access
// logs of all proxies, and judge.

import { followConnection, type Hop } from './access-log.ts'
import type { Relay } from './echo-service.ts'
import { hostsOfCluster, sniOfCluster } from './envoy-admin.ts'
import { eventually, expectThat } from './eventually.ts'
import { sendHttp } from './http-request.ts'
import { type Expectation, judge } from './judge.ts'
import type { Endpoint } from './loopback.ts'
import type { EnvoyProxy } from './proxy.ts'
import type { Trial } from './scenario.ts'

export interface TrialPlan {
  readonly title: string
  /** The service that asks, by its relay. */
  readonly caller: Endpoint
  /** The sidecar the request enters, and the cluster of it that leads to the service asked for. */
  readonly entry: string
  readonly cluster: RegExp
  readonly proxies: ReadonlyMap<string, EnvoyProxy>
  readonly expected: Expectation
  readonly signal: AbortSignal
}

/** Sends one request and says which way it went. */
export async function makeTrial(plan: TrialPlan): Promise<Trial> {
  const { title, expected } = plan
  await firstHopIs(plan, expected.hops[0]?.to ?? '')
  const { text } = await sendHttp(plan.caller, { path: `/?trial=${encodeURIComponent(title)}` })
  const relay: Relay = JSON.parse(text)
  const answer = spellAnswer(relay)
  const hops = await hopsOf(plan, relay.upstream.from)
  return { title, hops, answer, expected, problems: judge(expected, hops, answer) }
}

/** Waits until the entry has heard of the way. Where it does not, the trial shows where it goes instead. */
async function firstHopIs({ entry, cluster, proxies, signal }: TrialPlan, address: string): Promise<void> {
  const sidecar = proxies.get(entry)
  if (sidecar === undefined) return
  await eventually(
    `${entry} goes to ${address}`,
    async () => {
      sidecar.child.expectAlive()
      const hosts = await hostsOfCluster(sidecar.admin, cluster)
      expectThat(hosts.join() === address, `it goes to ${hosts.join()}`)
    },
    { signal, deadlineMs: 20_000 },
  ).catch(unlessAborted(signal))
}

/** The way of a connection from its beginning, once the access logs show as many hops as there should be, or after a while. */
async function hopsOf(plan: TrialPlan, from: string): Promise<readonly Hop[]> {
  const { entry, expected, proxies, signal } = plan
  const sidecar = proxies.get(entry)
  const logs = () => new Map([...proxies.values()].map(({ name, child }) => [name, child.lines]))
  const allHops = () => {
    const found = followConnection(from, logs())
    expectThat(found.length >= expected.hops.length, `they show ${found.length} hops`)
  }
  await eventually('the access logs show the whole way', allHops, { signal, deadlineMs: 20_000 }).catch(
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
