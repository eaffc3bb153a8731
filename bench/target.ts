// The agent under test: a process of its own, durable, on loopback. Either this project's, as built in dist/, or a real consul.

import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nowMs, until } from './figures.ts'
import { RawHttp } from './load/raw-http.ts'
import { cpuMs, residentMb } from './process-figures.ts'

export type TargetKind = 'isthmus' | 'consul'

export interface Target {
  readonly kind: TargetKind
  readonly httpPort: number
  readonly grpcPort: number
  /** `nowMs()` when the process was started. */
  readonly startedAt: number
  /** CPU time so far, milliseconds. */
  cpuMs(): number
  residentMb(): number
  /** Resolves when HTTP answers that there is a leader. */
  ready(): Promise<void>
  /** Ends the process by SIGTERM; keeps its data. */
  stop(): Promise<void>
}

export interface StartOptions {
  readonly kind: TargetKind
  readonly dataDir: string
}

/** Ended with the benchmark, however it ends. */
const running = new Set<ChildProcess>()
const folders: string[] = []
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL')
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

const program = join(import.meta.dirname, '..', 'bin', 'isthmus')

/** Starts an agent; returns as soon as the process runs. */
export async function startTarget({ kind, dataDir }: StartOptions): Promise<Target> {
  const ports = await freePorts(6)
  const [httpPort = 0, grpcPort = 0] = ports
  const args = argumentsOf(kind, dataDir, ports)
  const startedAt = nowMs()
  const child =
    kind === 'isthmus'
      ? spawn(process.execPath, [...nodeOptions(), program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
      : spawn(process.env.CONSUL_BIN ?? 'consul', args, { stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  child.once('exit', () => running.delete(child))
  const output = collect(child)
  const pid = child.pid ?? 0
  return {
    ...{ kind, httpPort, grpcPort, startedAt },
    cpuMs: () => cpuMs(pid),
    residentMb: () => residentMb(pid),
    ready: () => untilLeader(child, httpPort, output),
    stop: () => stop(child),
  }
}

/** For profiling: `BENCH_NODE_OPTIONS="--cpu-prof --cpu-prof-dir=/tmp/profiles"`. */
function nodeOptions(): readonly string[] {
  return (process.env.BENCH_NODE_OPTIONS ?? '').split(' ').filter(option => option !== '')
}

/** A folder that is gone when the benchmark ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-bench-'))
  folders.push(folder)
  return folder
}

const LIMITS = 'limits { http_max_conns_per_client = 10000 }'
/** Rate limits of Consul that would stand in the way of a load; there are none here. */
const CONSUL_ONLY =
  'connect { enabled = true ca_config { csr_max_per_second = 0 csr_max_concurrent = 4 } } ' +
  'limits { rpc_max_conns_per_client = 10000 rpc_rate = -1 rpc_max_burst = 1000000 } xds { update_max_per_second = 1000000 } '

function argumentsOf(kind: TargetKind, dataDir: string, ports: readonly number[]): readonly string[] {
  const [http, grpc, server, serfWan, serfLan, grpcTls] = ports
  const shared = [
    ...['agent', '-server', '-bind', '127.0.0.1', '-node', 'bench', '-data-dir', dataDir, '-log-level', 'warn'],
    ...['-http-port', String(http), '-grpc-port', String(grpc), '-hcl', LIMITS],
  ]
  const own = ['-server-port', String(server), '-serf-wan-port', String(serfWan), '-grpc-tls-port', String(grpcTls)]
  if (kind === 'isthmus') return [...shared, ...own]
  const gossip = `ports { serf_lan = ${serfLan} serf_wan = ${serfWan} server = ${server} dns = -1 grpc_tls = ${grpcTls} }`
  return [...shared, '-bootstrap', '-hcl', gossip, '-hcl', CONSUL_ONLY]
}

async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      return new Promise<ReturnType<typeof createServer>>(resolve => {
        const server = createServer().listen(0, '127.0.0.1', () => resolve(server))
      })
    }),
  )
  const ports = servers.map(server => {
    const address = server.address()
    return typeof address === 'object' && address !== null ? address.port : 0
  })
  await Promise.all(servers.map(server => new Promise(resolve => server.close(resolve))))
  return ports
}

/** The last of what the process wrote, for when it fails. */
function collect(child: ChildProcess): () => string {
  let text = ''
  const add = (chunk: Buffer) => {
    text = (text + chunk.toString('utf8')).slice(-4000)
  }
  child.stdout?.on('data', add)
  child.stderr?.on('data', add)
  return () => text
}

async function untilLeader(child: ChildProcess, port: number, output: () => string): Promise<void> {
  const http = new RawHttp({ port, connections: 1 })
  const isReady = async () => {
    if (child.exitCode !== null) throw new Error(`the agent has ended:\n${output()}`)
    const answer = await http.request('GET', '/v1/status/leader').catch(() => undefined)
    return answer?.status === 200 && answer.body.length > 2
  }
  await until('a leader', isReady)
  http.close()
}

function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise(resolve => {
    const late = setTimeout(() => child.kill('SIGKILL'), 5_000)
    child.once('exit', () => {
      clearTimeout(late)
      resolve()
    })
    child.kill('SIGTERM')
  })
}
