// The `agent` command: reads configuration, starts the agent, says what a person needs next, and runs until it is told to end.

import { randomUUID } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../core/model/fault.ts'
import { DEFAULT_PARTITION } from '../core/model/tenancy.ts'
import { describeFlags } from '../lib/flag-help.ts'
import { parseFlags } from '../lib/go-flags.ts'
import { createLogger, type Logger } from '../rim/logger.ts'
import { type Agent, startAgent } from './agent.ts'
import { hostsOf } from './listen.ts'
import { type AgentFlags, loadConfig } from './load-config.ts'
import { agentFlags } from './options.ts'
import { type Settings, settingsOf } from './settings.ts'
import { settingsWarnings } from './settings-warnings.ts'
import { VERSION } from './version.ts'

/** Runs an agent until SIGINT or SIGTERM; resolves to the exit code. */
export async function runAgent(args: readonly string[]): Promise<number> {
  const parsed = parseFlags(agentFlags, args)
  if (parsed.outcome === 'help') {
    process.stdout.write(
      `Usage: isthmus agent [options]\n\n  Starts the agent and runs until an interrupt.\n\n${describeFlags('Command Options', agentFlags)}`,
    )
    return 0
  }
  if (parsed.outcome === 'error') return complain(parsed.message)
  if (parsed.rest.length > 0) return complain(`Unexpected arguments: ${parsed.rest.join(' ')}`)
  try {
    return await run(parsed.values, parsed.given)
  } catch (error) {
    if (error instanceof Fault) return complain(error.message)
    throw error
  }
}

function complain(message: string): number {
  process.stderr.write(`==> ${message}\n`)
  return 1
}

async function run(flags: AgentFlags, given: ReadonlySet<string>): Promise<number> {
  const read = () => {
    const loaded = loadConfig(flags, given)
    return { loaded, settings: settingsOf(loaded.config, flags.dev, nodeId(loaded.config.data_dir)) }
  }
  const { loaded, settings } = read()
  const logger = createLogger({
    level: settings.logLevel,
    json: settings.logJson,
    write: line => process.stdout.write(line),
    now: () => new Date(),
  })
  process.stdout.write('==> Starting Isthmus agent...\n')

  let finish: (code: number) => void = () => {}
  const finished = new Promise<number>(resolve => {
    finish = resolve
  })
  let agent: Agent | undefined
  const reload = async () => {
    await agent?.reload(read().settings.definitions)
    logger.info('read the configuration again')
  }
  const leave = async () => {
    await agent?.leave()
    // The answer to the request that asked for this goes out first.
    setTimeout(() => finish(0), 100)
  }

  agent = await startAgent(settings, logger, { reload, leave })
  process.stdout.write(banner(settings, agent))
  for (const warning of [...loaded.warnings, ...settingsWarnings(settings)]) logger.warn(warning)
  if (settings.pidFile !== '') writeFileSync(settings.pidFile, String(process.pid))

  onSignal('SIGINT', settings.leaveOnInterrupt ? leave : undefined, finish)
  onSignal('SIGTERM', settings.leaveOnTerminate ? leave : undefined, finish)
  process.on(
    'SIGHUP',
    () => void reload().catch(error => logger.error('cannot read the configuration again', { error })),
  )
  const code = await finished
  await shutDown(agent, settings, logger)
  return code
}

/** Ends the process, after an orderly leave if there is to be one; a second signal does not wait for it. */
function onSignal(
  signal: 'SIGINT' | 'SIGTERM',
  leave: (() => Promise<void>) | undefined,
  finish: (code: number) => void,
) {
  let isLeaving = false
  process.on(signal, () => {
    if (leave === undefined || isLeaving) return finish(0)
    isLeaving = true
    leave().catch(() => finish(1))
  })
}

async function shutDown(agent: Agent, settings: Settings, logger: Logger): Promise<void> {
  logger.info('shutting down')
  await agent.close()
  if (settings.pidFile !== '') rmSync(settings.pidFile, { force: true })
}

/** The node's id: kept in the data folder, so that a node keeps it when it is renamed. */
function nodeId(dataDir: string | undefined): string {
  if (!dataDir) return randomUUID()
  try {
    mkdirSync(dataDir, { recursive: true, mode: 0o700 })
    const path = join(dataDir, 'node-id')
    const known = readIfThere(path)
    if (known !== undefined && known !== '') return known
    const fresh = randomUUID()
    writeFileSync(path, fresh, { mode: 0o600 })
    return fresh
  } catch (error) {
    throw new Fault('invalid', `data_dir: cannot use ${dataDir}: ${error instanceof Error ? error.message : error}`)
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  }
}

function banner(settings: Settings, agent: Agent): string {
  const { self, ports } = settings
  const primary = self.primaryDatacenter === self.datacenter ? 'primary' : `primary: ${self.primaryDatacenter}`
  const lines: readonly (readonly [string, string])[] = [
    ['Version', `v${VERSION}`],
    ['Node name', self.node],
    ['Node ID', self.nodeId],
    ['Datacenter', `${self.datacenter} (${primary})`],
    [
      'Server',
      `${self.isServer} (engine: ${settings.engine}${settings.dataDir === '' ? '' : `, data: ${settings.dataDir}`})`,
    ],
    ['HTTP', agent.httpAddresses.join(' ') || 'off'],
    ...(agent.httpsAddresses.length === 0 ? [] : [['HTTPS', agent.httpsAddresses.join(' ')] as const]),
    ['DNS', agent.dnsPort < 0 ? 'off' : `${hostsOf(settings, 'dns').join(' ')} port ${agent.dnsPort}`],
    [
      'gRPC',
      ports.grpc < 0
        ? 'off (set ports.grpc to serve Envoys)'
        : `${settings.clientAddresses.join(' ')} port ${agent.grpcPort}`,
    ],
    [
      'gRPC TLS',
      agent.grpcTlsPort < 0
        ? 'off (no peering)'
        : `${hostsOf(settings, 'grpc_tls').join(' ')} port ${agent.grpcTlsPort}`,
    ],
    self.isServer
      ? [
          'Servers',
          `${settings.bindAddress} ports ${ports.server}, ${ports.serfWan} (advertised: ${settings.advertiseWan})${ports.serfLan < 0 ? '' : `; agents join at ${ports.serfLan}`}`,
        ]
      : ['Joins', settings.retryJoin.map(({ host, port }) => `${host} port ${port}`).join(', ') || 'nobody yet'],
    ...(self.partition === DEFAULT_PARTITION ? [] : [['Partition', self.partition] as const]),
  ]
  const width = Math.max(...lines.map(([label]) => label.length))
  const body = lines.map(([label, value]) => `${label.padStart(width + 4)}: ${value}`).join('\n')
  return `${body}\n\n==> Log data will now stream in as it occurs:\n\n`
}
