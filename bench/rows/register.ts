import { nowMs, pause } from '../figures.ts'
import { RawHttp } from '../load/raw-http.ts'
import { defineRow } from '../row.ts'
import { meshService, range, sidecarId } from '../scenes/registrations.ts'

const CONNECTIONS = 32

export const register = defineRow({
  name: 'register',
  how: '1,000 services with sidecars are registered at the agent API, durable, over 32 connections; until the catalog has the last',
  metrics: {
    'registered and in the catalog': { unit: 's', better: 'lower', goal: 0.5 },
    'server CPU': { unit: 's', better: 'lower' },
  },
  async run(bench) {
    await bench.scenes.close()
    const target = await bench.scenes.freshTarget()
    const http = new RawHttp({ port: target.httpPort, connections: CONNECTIONS })
    const count = bench.size(1000)
    const services = range(count).map(i => meshService(i, count))
    const cpuBefore = target.cpuMs()
    const startedAt = nowMs()
    await Promise.all(services.map(service => http.json('PUT', '/v1/agent/service/register', service)))
    await untilListed(http, range(count).map(sidecarId))
    const seconds = (nowMs() - startedAt) / 1000
    const cpu = (target.cpuMs() - cpuBefore) / 1000
    http.close()
    await target.stop()
    return { 'registered and in the catalog': seconds, 'server CPU': cpu }
  },
})

/** What registrations an agent has taken may reach the catalog a little later. */
async function untilListed(http: RawHttp, names: readonly string[]): Promise<void> {
  for (;;) {
    const listed = Object(await http.json('GET', '/v1/catalog/services'))
    if (names.every(name => Object.hasOwn(listed, name))) return
    await pause(10)
  }
}
