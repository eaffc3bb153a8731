// Runs Envoy as a child that stands in for this process: same terminal, same signals, same exit code.

import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { constants, tmpdir } from 'node:os'
import { join } from 'node:path'
import { Fault } from '../../../../core/model/fault.ts'

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const
const HOT_RESTART = /^--(restart-epoch|hot-restart-version|drain-time-s|parent-shutdown-time-s)(=|$)/
// A listener with new rules leaves open connections under the old ones until they are drained. Gradually, that takes minutes
// in which a denied caller goes on; at once, each HTTP connection ends with its next answer, and no request is lost.
const DRAIN_STRATEGY = /^--drain-strategy(=|$)/
const CONFIG_FD = 3

/**
 * Runs `binary` with a bootstrap configuration and resolves to its exit code, 128 + n for signal n. The configuration holds
 * the token, so it is neither an argument nor a file that can be found: Envoy inherits it as an open, nameless file.
 */
export function launchEnvoy(binary: string, bootstrap: string, args: readonly string[]): Promise<number> {
  const file = namelessFile(bootstrap)
  const own = ['--config-path', `/dev/fd/${CONFIG_FD}`]
  if (!args.some(arg => HOT_RESTART.test(arg))) own.push('--disable-hot-restart')
  if (!args.some(arg => DRAIN_STRATEGY.test(arg))) own.push('--drain-strategy', 'immediate')
  try {
    const child = spawn(binary, [...own, ...args], { stdio: ['inherit', 'inherit', 'inherit', file] })
    return supervise(binary, child)
  } finally {
    closeSync(file)
  }
}

/** A descriptor for reading `text` from its start, whose file has no name any more. */
function namelessFile(text: string): number {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-bootstrap-'))
  try {
    const path = join(folder, 'bootstrap.json')
    const writer = openSync(path, 'wx', 0o600)
    writeSync(writer, text)
    closeSync(writer)
    return openSync(path, 'r')
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function supervise(binary: string, child: ReturnType<typeof spawn>): Promise<number> {
  const forward = (signal: NodeJS.Signals) => child.kill(signal)
  for (const signal of FORWARDED) process.on(signal, forward)
  return new Promise<number>((resolve, reject) => {
    child.once('error', cause => reject(new Fault('unavailable', `cannot run ${binary}: ${cause.message}`, { cause })))
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal === null ? 0 : constants.signals[signal])))
  }).finally(() => {
    for (const signal of FORWARDED) process.off(signal, forward)
  })
}
