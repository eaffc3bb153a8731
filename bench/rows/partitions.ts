import { median, nowMs, pause } from '../figures.ts'
import { type Bench, defineRow } from '../row.ts'
import { Partitions, type PartitionsPlan } from '../scenes/partitions.ts'
import { range, serviceName } from '../scenes/registrations.ts'

const SERVICES = 50
const WARM_UP = 5
const ROUNDS = 40

export const partitions = defineRow({
  name: 'partitions',
  how: '100 partitions with 50 services each, and one with 5,000, with a connected mesh gateway for each partition; one more service in one of them, 40 times',
  metrics: {
    'at the gateway': { unit: 'ms', better: 'lower', goal: 15 },
    'CPU per change': { unit: 'ms', better: 'lower' },
    'CPU per change in the one': { unit: 'ms', better: 'lower' },
    ratio: { unit: 'times', better: 'lower', goal: 1 },
    'sent to other partitions': { unit: 'resources', better: 'lower', goal: 0 },
  },
  async run(bench) {
    const count = bench.size(100)
    const many = await changes(bench, { partitions: count, services: SERVICES })
    const one = await changes(bench, { partitions: 1, services: count * SERVICES })
    return {
      'at the gateway': many.ms,
      'CPU per change': many.cpuMs,
      'CPU per change in the one': one.cpuMs,
      ratio: many.cpuMs / one.cpuMs,
      'sent to other partitions': many.sentToOthers,
    }
  },
})

async function changes(bench: Bench, plan: PartitionsPlan) {
  const scene = await Partitions.make(bench.scenes, plan)
  try {
    for (const round of range(WARM_UP)) await change(scene, round)
    await scene.traffic()
    const cpuBefore = scene.target.cpuMs()
    const times: number[] = []
    for (const round of range(ROUNDS)) times.push(await change(scene, WARM_UP + round))
    await pause(300)
    const cpuMs = (scene.target.cpuMs() - cpuBefore) / ROUNDS
    const { others } = await scene.traffic()
    return { ms: median(times), cpuMs, sentToOthers: others.resourceCount }
  } finally {
    await scene.close()
  }
}

/** One more service in the first partition; how long until its gateway has the endpoints. */
async function change(scene: Partitions, round: number): Promise<number> {
  const index = scene.plan.services + round
  const hex = Buffer.from(`${serviceName(index)}.default.`).toString('hex')
  let startedAt = 0
  const { lastAt } = await scene.near.after({ kind: 'contains', type: 'endpoints', hex }, () => {
    startedAt = nowMs()
    return scene.addService(0, index)
  })
  return lastAt - startedAt
}
