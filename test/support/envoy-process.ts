// A real Envoy for a test: started with a bootstrap, asked over its admin interface, stopped when the test ends.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { onTestFinished } from 'vitest'
import { locateEnvoy } from '../../src/rim/envoy/locate-envoy.ts'

export interface EnvoyProcess {
  /** The body of an answer of the admin interface. */
  admin(path: string, method?: 'GET' | 'POST'): Promise<string>
  /** A number among the statistics; 0 while it has not been counted. */
  stat(name: string): Promise<number>
  /** What it has logged so far. */
  log(): string
  stop(): Promise<void>
}

/** Starts Envoy with a bootstrap, whose admin port should be 0, and waits until its admin interface answers. */
export async function startEnvoy(bootstrap: unknown): Promise<EnvoyProcess> {
  const binary = await locateEnvoy()
  if (binary === undefined) throw new Error('no Envoy: run `npm run setup`')
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-envoy-'))
  const [config, adminFile, logFile] = ['bootstrap.json', 'admin', 'log'].map(name => join(folder, name)) as [
    string,
    string,
    string,
  ]
  writeFileSync(config, typeof bootstrap === 'string' ? bootstrap : JSON.stringify(bootstrap))
  const args = ['-c', config, '--admin-address-path', adminFile, '--log-path', logFile, '-l', 'info']
  const child = spawn(binary.path, [...args, '--use-dynamic-base-id', '--concurrency', '1'], { stdio: 'ignore' })
  const stop = async () => {
    await end(child)
    rmSync(folder, { recursive: true, force: true })
  }
  onTestFinished(stop)

  const log = () => (existsSync(logFile) ? readFileSync(logFile, 'utf8') : '')
  const address = await adminAddress(child, adminFile, log)
  const admin = async (path: string, method = 'GET') => (await fetch(`http://${address}${path}`, { method })).text()
  const stat = async (name: string) => {
    const lines = (await admin(`/stats?filter=^${name.replaceAll('.', '\\.')}$`)).split('\n')
    return Number(lines[0]?.split(': ')[1] ?? 0)
  }
  return { admin, stat, log, stop }
}

async function adminAddress(child: ChildProcess, file: string, log: () => string): Promise<string> {
  for (;;) {
    const address = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
    if (address !== '') return address
    if (child.exitCode !== null) throw new Error(`Envoy ended with ${child.exitCode}:\n${log()}`)
    await sleep(20)
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGKILL')
  await once(child, 'exit')
}
