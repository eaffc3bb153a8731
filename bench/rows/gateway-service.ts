import { median, nowMs, pause } from '../figures.ts'
import { defineRow } from '../row.ts'
import { Gateway } from '../scenes/gateway.ts'
import { range, serviceName } from '../scenes/registrations.ts'

const ROUNDS = 9

export const gatewayService = defineRow({
  name: 'gateway-service',
  how: 'one more service behind a connected mesh gateway with 2,000; until the gateway has its endpoints; median of 9',
  metrics: {
    'at the gateway': { unit: 'ms', better: 'lower', goal: 15 },
    'server CPU': { unit: 'ms', better: 'lower', goal: 3 },
    'bytes sent': { unit: 'bytes', better: 'lower', goal: 788 },
    'resources sent': { unit: 'resources', better: 'lower', goal: 2 },
  },
  async run(bench) {
    const scene = await Gateway.make(bench.scenes, bench)
    try {
      const rounds = []
      for (const round of range(ROUNDS)) rounds.push(await measured(scene, scene.count + round))
      return {
        'at the gateway': median(rounds.map(({ ms }) => ms)),
        'server CPU': median(rounds.map(({ cpuMs }) => cpuMs)),
        'bytes sent': median(rounds.map(({ bytes }) => bytes)),
        'resources sent': median(rounds.map(({ resources }) => resources)),
      }
    } finally {
      await scene.close()
    }
  },
})

async function measured(scene: Gateway, index: number) {
  const { fleet, target } = scene
  const hex = Buffer.from(`${serviceName(index)}.default.`).toString('hex')
  const cpuBefore = target.cpuMs()
  let startedAt = 0
  const { lastAt } = await fleet.after({ kind: 'contains', type: 'endpoints', hex }, () => {
    startedAt = nowMs()
    return scene.addService(index)
  })
  await pause(300)
  const { bytes, resourceCount } = await fleet.traffic()
  return { ms: lastAt - startedAt, cpuMs: target.cpuMs() - cpuBefore, bytes, resources: resourceCount }
}
