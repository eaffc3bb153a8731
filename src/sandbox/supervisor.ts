// Runs the processes of a scenario and sees to it that none of them, and no file of theirs, outlives it.

import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, mkdirSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Fault } from '../core/model/fault.ts'
import { Impossible } from './eventually.ts'
import { type Guardian, startGuardian } from './guardian.ts'

const GRACE_MS = 5_000
const KEPT_LINES = 20_000

export interface ChildSpec {
  /** Names the child in messages, and its log file. */
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface Child {
  readonly name: string
  readonly pid: number
  /** What it wrote on both outputs, newest last. Old lines go when there are very many. */
  readonly lines: readonly string[]
  readonly logFile: string
  /** Resolves to its exit code, 128 + n for signal n. */
  readonly exited: Promise<number>
  readonly hasEnded: boolean
  /** Throws Impossible once the child is gone; for probes that wait for something it does. */
  expectAlive(): void
  /** Asks it to end, and after a while makes it. Resolves when it is gone. */
  stop(): Promise<void>
  /** Ends it and its own children at once, as a crash would. */
  kill(): Promise<void>
}

export class Supervisor {
  /** A folder for everything the scenario writes. */
  readonly folder: string
  readonly #guardian: Guardian = startGuardian()
  readonly #children: Child[] = []
  #isStopped = false

  constructor(name: string) {
    this.folder = realpathSync(mkdtempSync(join(tmpdir(), `${name}-`)))
    this.#guardian.watchFolder(this.folder)
  }

  /** Starts a process in a group of its own, so that Ctrl-C reaches it only through us. Throws a Fault once stopped. */
  start(spec: ChildSpec): Child {
    if (this.#isStopped) throw new Fault('unavailable', `${spec.name}: everything is being ended`)
    const logs = join(this.folder, 'logs')
    mkdirSync(logs, { recursive: true })
    const logFile = join(logs, `${spec.name}.log`)
    const env = { ...withoutConsul(process.env), ...spec.env }
    const running = spawn(spec.command, spec.args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
    const { pid } = running
    if (pid === undefined) {
      running.once('error', () => {})
      throw new Fault('unavailable', `${spec.name}: cannot run ${spec.command}`)
    }
    this.#guardian.watchGroup(pid)
    const child = superviseChild(spec.name, pid, running, logFile)
    child.exited.then(() => this.#guardian.forgetGroup(pid))
    this.#children.push(child)
    return child
  }

  /** Every child that was started, also those that have ended. */
  get children(): readonly Child[] {
    return this.#children
  }

  /** Stops every child, the youngest first, and removes the folder. */
  async stop(): Promise<void> {
    this.#isStopped = true
    for (const child of this.#children.splice(0).reverse()) await child.stop()
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 })
    await this.#guardian.release()
  }
}

function superviseChild(name: string, pid: number, running: ChildProcess, logFile: string): Child {
  const lines: string[] = []
  const file = createWriteStream(logFile, { flags: 'a' })
  // A log that cannot be written is no reason to end a scenario.
  file.on('error', () => {})
  for (const stream of [running.stdout, running.stderr]) {
    if (stream === null) continue
    createInterface({ input: stream }).on('line', line => {
      lines.push(line)
      if (lines.length > KEPT_LINES) lines.splice(0, KEPT_LINES / 2)
      file.write(`${line}\n`)
    })
  }

  let code: number | undefined
  const exited = new Promise<number>(resolve => {
    running.once('exit', () => signalGroup(pid, 'SIGKILL'))
    // Later than `exit`: all it wrote has been read.
    running.once('close', (status, signal) => {
      code = status ?? 128 + (signal === null ? 0 : constants.signals[signal])
      file.end()
      resolve(code)
    })
  })
  const kill = async () => {
    if (code === undefined) signalGroup(pid, 'SIGKILL')
    await exited
  }
  const stop = async () => {
    if (code !== undefined) return
    running.kill('SIGTERM')
    const timer = setTimeout(() => signalGroup(pid, 'SIGKILL'), GRACE_MS)
    await exited
    clearTimeout(timer)
  }
  const expectAlive = () => {
    if (code === undefined) return
    throw new Impossible(`${name} ended with status ${code}; its last words:\n${lines.slice(-15).join('\n')}`)
  }
  return {
    name,
    pid,
    lines,
    logFile,
    exited,
    get hasEnded() {
      return code !== undefined
    },
    expectAlive,
    stop,
    kill,
  }
}

/** Signals a process and what it started. A group that is gone is fine. */
function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch {}
}

/** The environment without what would point our children at somebody else's agent. */
function withoutConsul(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(CONSUL|CONNECT)_/.test(name)))
}
