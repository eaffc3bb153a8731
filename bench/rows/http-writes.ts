import { requestBytes } from '../load/raw-http.ts'
import { throughput } from '../load/throughput.ts'
import { defineRow } from '../row.ts'
import { Catalog } from '../scenes/catalog.ts'
import { addressOf, catalogInstance, meshService, STEADY } from '../scenes/registrations.ts'

const DIFFERENT = 500

export const httpWrites = defineRow({
  name: 'http-writes',
  how: 'PUT requests that each change something, durable, over 32 keep-alive connections',
  metrics: {
    'catalog/register': { unit: 'requests/s', better: 'higher', goal: 12_000 },
    'agent/service/register': { unit: 'requests/s', better: 'higher', goal: 10_000 },
  },
  async run(bench) {
    const { target } = await Catalog.of(bench)
    let count = 0
    const rate = (path: string, body: (index: number, version: number) => object) =>
      throughput({
        port: target.httpPort,
        connections: 32,
        next() {
          count++
          return requestBytes('PUT', path, body(count % DIFFERENT, Math.floor(count / DIFFERENT)))
        },
      })
    return {
      'catalog/register': await rate('/v1/catalog/register', (index, version) =>
        catalogInstance('written', index, addressOf(version & 0xffff, 50)),
      ),
      'agent/service/register': await rate('/v1/agent/service/register', (index, version) => ({
        ...meshService(index, DIFFERENT, STEADY),
        Meta: { version: String(version) },
      })),
    }
  },
})
