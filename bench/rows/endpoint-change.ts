import { median, nowMs, pause } from '../figures.ts'
import { defineRow } from '../row.ts'
import { addressOf, catalogSidecar, range } from '../scenes/registrations.ts'
import { Sidecars } from '../scenes/sidecars.ts'

const ROUNDS = 7

export const endpointChange = defineRow({
  name: 'endpoint-change',
  how: '1,000 connected sidecars share the upstream api with 50 endpoints; one endpoint gets another address; median of 7',
  metrics: {
    'last has it': { unit: 's', better: 'lower', goal: 0.15 },
    'server CPU': { unit: 's', better: 'lower', goal: 0.1 },
    'server CPU per proxy': { unit: 'ms', better: 'lower', goal: 0.1 },
    'bytes per proxy': { unit: 'bytes', better: 'lower' },
  },
  async run(bench) {
    const { http, fleet, target, count, connected } = await prepared(bench)
    await connected
    const rounds: { lastMs: number; cpuMs: number; bytes: number }[] = []
    for (const round of range(ROUNDS)) {
      const address = addressOf(round, 99)
      const cpuBefore = target.cpuMs()
      let startedAt = 0
      const { lastAt } = await fleet.after(
        { kind: 'contains', type: 'endpoints', hex: Buffer.from(address).toString('hex') },
        () => {
          startedAt = nowMs()
          return http.json('PUT', '/v1/catalog/register', catalogSidecar('api', 0, address))
        },
      )
      await pause(200)
      const { bytes } = await fleet.traffic()
      rounds.push({ lastMs: lastAt - startedAt, cpuMs: target.cpuMs() - cpuBefore, bytes })
    }
    const cpu = median(rounds.map(({ cpuMs }) => cpuMs))
    return {
      'last has it': median(rounds.map(({ lastMs }) => lastMs)) / 1000,
      'server CPU': cpu / 1000,
      'server CPU per proxy': cpu / count,
      'bytes per proxy': median(rounds.map(({ bytes }) => bytes)) / count,
    }
  },
})

async function prepared(bench: Parameters<typeof Sidecars.of>[0]) {
  const scene = await Sidecars.of(bench)
  const { http, fleet, target, count } = scene
  return { http, fleet, target, count, connected: scene.connected() }
}
