import { median, nowMs, pause, until } from '../figures.ts'
import { RawHttp } from '../load/raw-http.ts'
import { openWire, type Wire } from '../load/wire.ts'
import { defineRow } from '../row.ts'
import { addressOf, range, serviceName } from '../scenes/registrations.ts'
import type { Target } from '../target.ts'

const INSTANCES = 10
const ROUNDS = 21
/** Looking takes the importer's time as well. */
const LOOK_MS = 50

export const peering = defineRow({
  name: 'peering',
  how: '1,000 services with 10 instances each are exported to a peered cluster; then one instance fails, 21 times; then one of each service while the network is cut',
  metrics: {
    'all imported': { unit: 's', better: 'lower', goal: 5 },
    'importer grows': { unit: 'MB', better: 'lower' },
    'failure arrives': { unit: 'ms', better: 'lower', goal: 200 },
    'exporter CPU per change': { unit: 'ms', better: 'lower', goal: 20 },
    'caught up after a cut': { unit: 's', better: 'lower', goal: 5 },
  },
  async run(bench) {
    const exporter = await bench.scenes.freshTarget()
    const importer = await bench.scenes.freshTarget()
    const from = new RawHttp({ port: exporter.httpPort, connections: 32 })
    const to = new RawHttp({ port: importer.httpPort, connections: 4 })
    const count = bench.size(1_000)
    let wire: Wire | undefined
    try {
      await register(from, count)
      wire = await link(from, to)
      const before = importer.residentMb()
      const startedAt = nowMs()
      await exportAll(from)
      await until('everything is imported', async () => (await pause(LOOK_MS)) ?? (await isImported(to, count)))
      const importedAt = nowMs()
      const grown = importer.residentMb() - before
      const changes = await failures(exporter, from, to)
      const caughtUp = await cutAndMended(wire, from, to, count)
      return {
        'all imported': (importedAt - startedAt) / 1000,
        'importer grows': grown,
        'failure arrives': median(changes.map(({ ms }) => ms)),
        'exporter CPU per change': median(changes.map(({ cpuMs }) => cpuMs)),
        'caught up after a cut': caughtUp / 1000,
      }
    } finally {
      wire?.close()
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

/** Links the two through a wire that can be cut. */
async function link(from: RawHttp, to: RawHttp): Promise<Wire> {
  const [address = ''] = addressesIn(await tokenFor(from, {}))
  const wire = await openWire(address)
  const PeeringToken = await tokenFor(from, { ServerExternalAddresses: [wire.address] })
  await to.json('POST', '/v1/peering/establish', { PeerName: 'exporter', PeeringToken })
  await until('the link is active', () => isLinked(to))
  return wire
}

async function isLinked(to: RawHttp): Promise<boolean> {
  return JSON.stringify(await to.json('GET', '/v1/peering/exporter')).includes('ACTIVE')
}

async function tokenFor(from: RawHttp, more: object): Promise<string> {
  const made = await from.json('POST', '/v1/peering/token', { PeerName: 'importer', ...more })
  return typeof made === 'object' && made !== null && 'PeeringToken' in made ? String(made.PeeringToken) : ''
}

function addressesIn(token: string): readonly string[] {
  const { ServerAddresses }: { readonly ServerAddresses?: readonly string[] } = JSON.parse(
    Buffer.from(token, 'base64').toString('utf8'),
  )
  return ServerAddresses ?? []
}

/** Milliseconds from the return of the network until what has changed meanwhile in every service has arrived. */
async function cutAndMended(wire: Wire, from: RawHttp, to: RawHttp, count: number): Promise<number> {
  wire.cut()
  await until('the cut is noticed', async () => (await pause(LOOK_MS)) ?? !(await isLinked(to)))
  const put = (body: object) => from.json('PUT', '/v1/catalog/register', body)
  await Promise.all(range(count).map(service => put(instance(service, 1, 'critical'))))
  const startedAt = nowMs()
  wire.mend()
  await until('all has caught up', async () => (await pause(LOOK_MS)) ?? (await hasChanged(to, count)))
  return nowMs() - startedAt
}

async function hasChanged(to: RawHttp, count: number): Promise<boolean> {
  const changed = await Promise.all(
    lookedAt(count).map(async service => {
      const rows = await to.json('GET', `/v1/health/checks/${serviceName(service)}?peer=exporter`)
      return JSON.stringify(rows).includes('critical')
    }),
  )
  return changed.every(isChanged => isChanged)
}

async function exportAll(http: RawHttp): Promise<void> {
  const Services = [{ Name: '*', Consumers: [{ Peer: 'importer' }] }]
  await http.json('PUT', '/v1/config', { Kind: 'exported-services', Name: 'default', Services })
}

/** Services from everywhere in the list; which ones come last is nobody's promise. */
function lookedAt(count: number): readonly number[] {
  return range(20).map(i => Math.floor((i * (count - 1)) / 19))
}

async function isImported(http: RawHttp, count: number): Promise<boolean> {
  const complete = await Promise.all(
    lookedAt(count).flatMap(service => [
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
