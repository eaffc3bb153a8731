import { requestBytes } from '../load/raw-http.ts'
import { throughput } from '../load/throughput.ts'
import { defineRow } from '../row.ts'
import { Catalog } from '../scenes/catalog.ts'

export const httpReads = defineRow({
  name: 'http-reads',
  how: 'GET requests over keep-alive connections, one at a time on each; health/service?passing with 10 and with 1,000 instances',
  metrics: {
    'health, 10 instances, 1 connection': { unit: 'requests/s', better: 'higher', goal: 8_000 },
    'health, 10 instances, 32 connections': { unit: 'requests/s', better: 'higher', goal: 40_000 },
    'health, 1,000 instances, 32 connections': { unit: 'requests/s', better: 'higher', goal: 2_000 },
    'catalog/services, 32 connections': { unit: 'requests/s', better: 'higher', goal: 40_000 },
    'agent/self, 32 connections': { unit: 'requests/s', better: 'higher', goal: 40_000 },
  },
  async run(bench) {
    const { target } = await Catalog.of(bench)
    const rate = (connections: number, path: string) => {
      const bytes = requestBytes('GET', path)
      return throughput({ port: target.httpPort, connections, next: () => bytes })
    }
    return {
      'health, 10 instances, 1 connection': await rate(1, '/v1/health/service/few?passing'),
      'health, 10 instances, 32 connections': await rate(32, '/v1/health/service/few?passing'),
      'health, 1,000 instances, 32 connections': await rate(32, '/v1/health/service/many?passing'),
      'catalog/services, 32 connections': await rate(32, '/v1/catalog/services'),
      'agent/self, 32 connections': await rate(32, '/v1/agent/self'),
    }
  },
})
