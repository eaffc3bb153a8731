import { median, nowMs, pause } from '../figures.ts'
import { Connection, headerOf, type RawAnswer, requestBytes } from '../load/raw-http.ts'
import { defineRow } from '../row.ts'
import { Catalog } from '../scenes/catalog.ts'
import { addressOf, catalogInstance, range } from '../scenes/registrations.ts'

const ROUNDS = 5

export const blockedReads = defineRow({
  name: 'blocked-reads',
  how: '1,000 connections each hold a blocking health query for one service of 10 instances; one instance changes; median of 5',
  metrics: {
    'last answered': { unit: 'ms', better: 'lower', goal: 50 },
    'server CPU per query': { unit: 'ms', better: 'lower', goal: 0.025 },
    'memory per query': { unit: 'MB', better: 'lower', goal: 0.015 },
  },
  async run(bench) {
    const { target, http } = await Catalog.of(bench)
    const count = bench.size(1000)
    const memoryBefore = target.residentMb()
    const connections = range(count).map(() => new Connection(target.httpPort))
    let memoryMb = 0
    const rounds: { lastMs: number; cpuMs: number }[] = []
    for (const round of range(ROUNDS)) {
      const index = headerOf(await http.request('GET', '/v1/health/service/few'), 'X-Consul-Index')
      const bytes = requestBytes('GET', `/v1/health/service/few?index=${index}&wait=60s`)
      const answers = connections.map(connection => answered(connection, bytes))
      await pause(500)
      if (round === ROUNDS - 1) memoryMb = target.residentMb() - memoryBefore
      const cpuBefore = target.cpuMs()
      const startedAt = nowMs()
      await http.json('PUT', '/v1/catalog/register', catalogInstance('few', 0, addressOf(round, 60)))
      const times = await Promise.all(answers)
      rounds.push({ lastMs: Math.max(...times) - startedAt, cpuMs: target.cpuMs() - cpuBefore })
    }
    for (const connection of connections) connection.close()
    return {
      'last answered': median(rounds.map(({ lastMs }) => lastMs)),
      'server CPU per query': median(rounds.map(({ cpuMs }) => cpuMs)) / count,
      'memory per query': memoryMb / count,
    }
  },
})

function answered(connection: Connection, bytes: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    const done = (answer: RawAnswer) =>
      answer.status === 200 ? resolve(nowMs()) : reject(new Error(`answered ${answer.status}`))
    connection.send(bytes, { done, failed: reject })
  })
}
