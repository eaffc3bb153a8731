import { connect } from 'node:net'
import { XdsClient } from '../../test/support/xds-client.ts'
import { median, nowMs, pause, until } from '../figures.ts'
import { RawHttp } from '../load/raw-http.ts'
import { defineRow } from '../row.ts'
import { meshService, range, STEADY, sidecarId } from '../scenes/registrations.ts'
import { startTarget, type TargetKind, temporaryFolder } from '../target.ts'

const ROUNDS = 3
const TOGETHER = 4

export const start = defineRow({
  name: 'start',
  how: 'an agent with one registered sidecar is started again on its data folder, alone (median of 3) and four at once; the sidecar dials until it is answered',
  metrics: {
    'HTTP accepted': { unit: 's', better: 'lower', goal: 0.3 },
    'first sidecar answered': { unit: 's', better: 'lower', goal: 0.5 },
    'first start, HTTP accepted': { unit: 's', better: 'lower' },
    'four at once: last HTTP accepted': { unit: 's', better: 'lower' },
    'four at once: last sidecar answered': { unit: 's', better: 'lower', goal: 1 },
    'memory when idle': { unit: 'MB', better: 'lower', goal: 80 },
  },
  async run(bench) {
    await bench.scenes.close()
    const { kind } = bench.scenes
    const folders = await Promise.all(range(TOGETHER).map(() => prepared(kind)))
    const alone: Started[] = []
    for (const { dataDir } of folders.slice(0, ROUNDS)) alone.push(await started(kind, dataDir))
    const together = await Promise.all(folders.map(({ dataDir }) => started(kind, dataDir)))
    return {
      'HTTP accepted': median(alone.map(({ httpMs }) => httpMs)) / 1000,
      'first sidecar answered': median(alone.map(({ xdsMs }) => xdsMs)) / 1000,
      'first start, HTTP accepted': median(folders.map(({ httpMs }) => httpMs)) / 1000,
      'four at once: last HTTP accepted': Math.max(...together.map(({ httpMs }) => httpMs)) / 1000,
      'four at once: last sidecar answered': Math.max(...together.map(({ xdsMs }) => xdsMs)) / 1000,
      'memory when idle': median(alone.map(({ memoryMb }) => memoryMb)),
    }
  },
})

interface Started {
  readonly httpMs: number
  readonly xdsMs: number
  readonly memoryMb: number
}

/** A data folder in which a sidecar is registered, and how long the first start took. */
async function prepared(kind: TargetKind): Promise<{ readonly dataDir: string; readonly httpMs: number }> {
  const dataDir = temporaryFolder()
  const target = await startTarget({ kind, dataDir })
  await until('HTTP', () => accepts(target.httpPort))
  const httpMs = nowMs() - target.startedAt
  await target.ready()
  const http = new RawHttp({ port: target.httpPort, connections: 1 })
  await http.json('PUT', '/v1/agent/service/register', meshService(0, 9, STEADY))
  await pause(500)
  http.close()
  await target.stop()
  return { dataDir, httpMs }
}

async function started(kind: TargetKind, dataDir: string): Promise<Started> {
  const target = await startTarget({ kind, dataDir })
  const sidecar = dialled(target.grpcPort)
  await until('HTTP', () => accepts(target.httpPort))
  const httpMs = nowMs() - target.startedAt
  const xdsMs = (await sidecar) - target.startedAt
  await target.ready()
  await pause(2_000)
  const memoryMb = target.residentMb()
  await target.stop()
  return { httpMs, xdsMs, memoryMb }
}

/** Dials as a proxy until its first clusters come; resolves with the time. */
async function dialled(grpcPort: number): Promise<number> {
  for (;;) {
    await until('gRPC', () => accepts(grpcPort))
    const client = new XdsClient({ url: `http://127.0.0.1:${grpcPort}`, id: sidecarId(0) }).start()
    const answered = client.until(() => client.held.cluster.size > 0).then(() => nowMs())
    const at = await Promise.race([answered, client.ended.then(() => undefined)])
    client.close()
    if (at !== undefined) return at
    await pause(5)
  }
}

function accepts(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}
