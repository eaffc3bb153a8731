import { median, nowMs, pause } from '../figures.ts'
import { Fleet } from '../load/fleet.ts'
import { RawHttp } from '../load/raw-http.ts'
import { defineRow } from '../row.ts'
import { addressOf, catalogInstance, catalogSidecar, catalogSidecarId, range } from '../scenes/registrations.ts'

const ROUNDS = 15
const SERVICE = 'guarded'

export const intention = defineRow({
  name: 'intention',
  how: 'an intention for a service with 50 connected sidecars is written; until the last of them has the rule; median of 15',
  metrics: {
    'last has the rule': { unit: 'ms', better: 'lower', goal: 15 },
    'server CPU': { unit: 'ms', better: 'lower' },
  },
  async run(bench) {
    await bench.scenes.close()
    const [target, fleet] = await Promise.all([bench.scenes.freshTarget(), Fleet.start()])
    const http = new RawHttp({ port: target.httpPort, connections: 8 })
    try {
      const count = bench.size(50)
      const put = (body: object) => http.json('PUT', '/v1/catalog/register', body)
      await Promise.all(range(count).map(i => put(catalogInstance(SERVICE, i, addressOf(i)))))
      await Promise.all(range(count).map(i => put(catalogSidecar(SERVICE, i, addressOf(i)))))
      await pause(500)
      const members = range(count).map(i => ({
        id: catalogSidecarId(SERVICE, i),
        nodeName: `${SERVICE}-node-${i}`,
      }))
      await fleet.connect(target.grpcPort, members)
      await pause(1_000)
      const rounds = []
      for (const round of range(ROUNDS)) {
        const source = `caller-of-round-${round}`
        const sources = [{ Name: source, Action: 'deny' }]
        const cpuBefore = target.cpuMs()
        let startedAt = 0
        const { lastAt } = await fleet.after(
          { kind: 'contains', type: 'listener', hex: Buffer.from(source).toString('hex') },
          () => {
            startedAt = nowMs()
            return http.json('PUT', '/v1/config', { Kind: 'service-intentions', Name: SERVICE, Sources: sources })
          },
        )
        await pause(300)
        rounds.push({ ms: lastAt - startedAt, cpuMs: target.cpuMs() - cpuBefore })
      }
      return {
        'last has the rule': median(rounds.map(({ ms }) => ms)),
        'server CPU': median(rounds.map(({ cpuMs }) => cpuMs)),
      }
    } finally {
      fleet.close()
      http.close()
      await target.stop()
    }
  },
})
