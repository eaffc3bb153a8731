import { median, nowMs, pause, percentile } from '../figures.ts'
import type { Proof } from '../load/fleet.ts'
import { startProbe } from '../load/probe.ts'
import { defineRow } from '../row.ts'
import { range } from '../scenes/registrations.ts'
import { Sidecars } from '../scenes/sidecars.ts'

const ROUNDS = 5

export const proxyDefaults = defineRow({
  name: 'proxy-defaults',
  how: 'proxy-defaults changes what every one of 1,000 connected sidecars has: a time-out in one cluster each, then the access log in all listeners; median of 5, with 200 GET health/service a second beside it',
  metrics: {
    'a cluster of each: last has it': { unit: 's', better: 'lower', goal: 0.5 },
    'a cluster of each: server CPU': { unit: 's', better: 'lower' },
    'all listeners: last has them': { unit: 's', better: 'lower', goal: 0.5 },
    'all listeners: server CPU': { unit: 's', better: 'lower' },
    'HTTP p99 meanwhile': { unit: 'ms', better: 'lower', goal: 100 },
  },
  async run(bench) {
    const scene = await Sidecars.of(bench)
    await scene.connected()
    const waits: number[] = []
    const rounds = async (change: (round: number) => { readonly entry: object; readonly proof: Proof }) => {
      const figures = []
      for (const round of range(ROUNDS)) figures.push(await measured(scene, change(round), waits))
      return {
        last: median(figures.map(({ lastMs }) => lastMs)) / 1000,
        cpu: median(figures.map(({ cpuMs }) => cpuMs)) / 1000,
      }
    }
    const cluster = await rounds(clusterChange)
    const listeners = await rounds(listenerChange)
    await scene.http.json('DELETE', '/v1/config/proxy-defaults/global')
    await pause(2_000)
    return {
      'a cluster of each: last has it': cluster.last,
      'a cluster of each: server CPU': cluster.cpu,
      'all listeners: last has them': listeners.last,
      'all listeners: server CPU': listeners.cpu,
      'HTTP p99 meanwhile': percentile(waits, 0.99),
    }
  },
})

async function measured(
  { http, fleet, target }: Sidecars,
  { entry, proof }: { readonly entry: object; readonly proof: Proof },
  waits: number[],
) {
  const cpuBefore = target.cpuMs()
  const probe = startProbe(target.httpPort, '/v1/health/service/api?passing')
  let startedAt = 0
  const { lastAt } = await fleet.after(proof, () => {
    startedAt = nowMs()
    return http.json('PUT', '/v1/config', { Kind: 'proxy-defaults', Name: 'global', ...entry })
  })
  waits.push(...probe.stop())
  await pause(500)
  return { lastMs: lastAt - startedAt, cpuMs: target.cpuMs() - cpuBefore }
}

/** The proof is the encoded `connect_timeout` of the cluster towards the application. */
function clusterChange(round: number) {
  const milliseconds = 7_100 + round
  const nanoseconds = (milliseconds % 1000) * 1_000_000
  const varint = []
  for (let rest = nanoseconds; rest > 0; rest >>>= 7) varint.push(rest > 127 ? (rest & 127) | 128 : rest)
  const duration = [8, Math.floor(milliseconds / 1000), 16, ...varint]
  const hex = Buffer.from([34, duration.length, ...duration]).toString('hex')
  return {
    entry: { Config: { local_connect_timeout_ms: milliseconds } },
    proof: { kind: 'contains', type: 'cluster', name: 'local_app', hex } as const,
  }
}

function listenerChange(round: number) {
  const marker = `access-log-of-round-${round}`
  const hex = Buffer.from(marker).toString('hex')
  return {
    entry: { AccessLogs: { Enabled: true, JSONFormat: JSON.stringify({ round: marker }) } },
    proof: { kind: 'contains', type: 'listener', hex } as const,
  }
}
