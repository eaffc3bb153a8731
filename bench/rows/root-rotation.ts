import { generateKeyPairSync } from 'node:crypto'
import { nowMs, pause, percentile } from '../figures.ts'
import { Fleet } from '../load/fleet.ts'
import { startProbe } from '../load/probe.ts'
import { RawHttp } from '../load/raw-http.ts'
import { defineRow } from '../row.ts'
import { meshService, range, STEADY, sidecarId } from '../scenes/registrations.ts'

export const rootRotation = defineRow({
  name: 'root-rotation',
  how: 'the CA gets another key while 500 sidecars are connected; until the last has a leaf of the new root in its listeners',
  metrics: {
    'last has leaf and root': { unit: 's', better: 'lower', goal: 3 },
    'server CPU': { unit: 's', better: 'lower' },
    'HTTP p99 meanwhile': { unit: 'ms', better: 'lower', goal: 100 },
  },
  async run(bench) {
    await bench.scenes.close()
    const [target, fleet] = await Promise.all([bench.scenes.freshTarget(), Fleet.start()])
    const http = new RawHttp({ port: target.httpPort, connections: 32 })
    try {
      const count = bench.size(500)
      const services = range(count).map(i => meshService(i, count, STEADY))
      await Promise.all(services.map(service => http.json('PUT', '/v1/agent/service/register', service)))
      await pause(1_000)
      const members = range(count).map(i => ({ id: sidecarId(i) }))
      await fleet.connect(target.grpcPort, members)
      await pause(2_000)
      const oldRoots = await rootsOf(http)
      const PrivateKey = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({
        type: 'sec1',
        format: 'pem',
      })
      const cpuBefore = target.cpuMs()
      const probe = startProbe(target.httpPort, '/v1/status/leader')
      const startedAt = nowMs()
      const { lastAt } = await fleet.after({ kind: 'new-leaf', oldRoots }, () =>
        http.json('PUT', '/v1/connect/ca/configuration', { Provider: 'consul', Config: { PrivateKey } }),
      )
      const waits = probe.stop()
      return {
        'last has leaf and root': (lastAt - startedAt) / 1000,
        'server CPU': (target.cpuMs() - cpuBefore) / 1000,
        'HTTP p99 meanwhile': percentile(waits, 0.99),
      }
    } finally {
      fleet.close()
      http.close()
      await target.stop()
    }
  },
})

async function rootsOf(http: RawHttp): Promise<readonly string[]> {
  const answer: unknown = await http.json('GET', '/v1/connect/ca/roots')
  const { Roots }: { Roots?: unknown } = Object(answer)
  return Array.isArray(Roots) ? Roots.map(root => String(root.RootCert)) : []
}
