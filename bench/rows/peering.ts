import { median, nowMs, pause, until } from '../figures.ts'
import { RawHttp } from '../load/raw-http.ts'
import { defineRow } from '../row.ts'
import { addressOf, range, serviceName } from '../scenes/registrations.ts'
import type { Target } from '../target.ts'

const INSTANCES = 10
const ROUNDS = 21
/** Looking takes the importer's time as well. */
const LOOK_MS = 50

export const peering = defineRow({
  name: 'peering',
  how: '1,000 services with 10 instances each are exported to a peered cluster; then one instance fails, 21 times',
  metrics: {
    'all imported': { unit: 's', better: 'lower', goal: 5 },
    'importer grows': { unit: 'MB', better: 'lower' },
    'failure arrives': { unit: 'ms', better: 'lower', goal: 200 },
    'exporter CPU per change': { unit: 'ms', better: 'lower', goal: 20 },
  },
  async run(bench) {
    const exporter = await bench.scenes.freshTarget()
    const importer = await bench.scenes.freshTarget()
    const from = new RawHttp({ port: exporter.httpPort, connections: 32 })
    const to = new RawHttp({ port: importer.httpPort, connections: 4 })
    const count = bench.size(1_000)
    try {
      await register(from, count)
      await link(from, to)
      const before = importer.residentMb()
      const startedAt = nowMs()
      await exportAll(from)
      await until('everything is imported', async () => (await pause(LOOK_MS)) ?? (await isImported(to, count)))
      const importedAt = nowMs()
      const grown = importer.residentMb() - before
      const changes = await failures(exporter, from, to)
      return {
        'all imported': (importedAt - startedAt) / 1000,
        'importer grows': grown,
        'failure arrives': median(changes.map(({ ms }) => ms)),
        'exporter CPU per change': median(changes.map(({ cpuMs }) => cpuMs)),
      }
    } finally {
      from.close()
      to.close()
      await Promise.all([exporter.stop(), importer.stop()])
    }
  },
})

async function register(http: RawHttp, count: number): Promise<void> {
  const put = (body: object) => http.json('PUT', '/v1/catalog/register', body)
  const gateway = { Kind: 'mesh-gateway', ID: 'gateway', Service: 'mesh-gateway', Port: 8443 }
  await put({ Node: 'gateway', Address: addressOf(0, 77), Service: gateway })
  const all = range(count).flatMap(service => range(INSTANCES).map(i => instance(service, i, 'passing')))
  await Promise.all(all.map(put))
  await Promise.all(range(count).map(service => put(sidecar(service))))
}

function instance(service: number, index: number, status: string): object {
  const name = serviceName(service)
  const id = `${name}-${index}`
  return {
    Node: `node-${index}`,
    Address: addressOf(index, 78),
    Service: { ID: id, Service: name, Port: 8080, Tags: ['bench'], Meta: { index: String(index) } },
    Checks: [{ CheckID: `${id}-up`, Name: 'up', Status: status, ServiceID: id }],
  }
}

function sidecar(service: number): object {
  const name = serviceName(service)
  const destination = { DestinationServiceName: name, DestinationServiceID: `${name}-0` }
  const id = `${name}-sidecar-proxy`
  return {
    Node: 'node-0',
    Address: addressOf(0, 78),
    Service: { Kind: 'connect-proxy', ID: id, Service: id, Port: 21_000, Proxy: destination },
  }
}

async function link(from: RawHttp, to: RawHttp): Promise<void> {
  const made = await from.json('POST', '/v1/peering/token', { PeerName: 'importer' })
  const PeeringToken = typeof made === 'object' && made !== null && 'PeeringToken' in made ? made.PeeringToken : ''
  await to.json('POST', '/v1/peering/establish', { PeerName: 'exporter', PeeringToken })
  const isActive = async () => JSON.stringify(await to.json('GET', '/v1/peering/exporter')).includes('ACTIVE')
  await until('the link is active', isActive)
}

async function exportAll(http: RawHttp): Promise<void> {
  const Services = [{ Name: '*', Consumers: [{ Peer: 'importer' }] }]
  await http.json('PUT', '/v1/config', { Kind: 'exported-services', Name: 'default', Services })
}

/** Looks at services from everywhere in the list; which ones come last is nobody's promise. */
async function isImported(http: RawHttp, count: number): Promise<boolean> {
  const looked = range(20).map(i => Math.floor((i * (count - 1)) / 19))
  const complete = await Promise.all(
    looked.flatMap(service => [
      hasRows(http, `/v1/catalog/service/${serviceName(service)}?peer=exporter`, INSTANCES),
      hasRows(http, `/v1/catalog/connect/${serviceName(service)}?peer=exporter`, 1),
    ]),
  )
  return complete.every(isComplete => isComplete)
}

async function hasRows(http: RawHttp, path: string, count: number): Promise<boolean> {
  const rows = await http.json('GET', path)
  return Array.isArray(rows) && rows.length === count
}

async function failures(exporter: Target, from: RawHttp, to: RawHttp) {
  const changes: { ms: number; cpuMs: number }[] = []
  const path = `/v1/health/service/${serviceName(0)}?peer=exporter&passing`
  for (const round of range(ROUNDS)) {
    await from.json('PUT', '/v1/catalog/register', instance(0, 0, 'passing'))
    await until('the instance is back', () => hasRows(to, path, INSTANCES))
    const cpuBefore = exporter.cpuMs()
    const startedAt = nowMs()
    await from.json('PUT', '/v1/catalog/register', instance(0, 0, round % 2 === 0 ? 'critical' : 'warning'))
    await until('the failure has arrived', () => hasRows(to, path, INSTANCES - 1))
    changes.push({ ms: nowMs() - startedAt, cpuMs: exporter.cpuMs() - cpuBefore })
  }
  return changes
}
