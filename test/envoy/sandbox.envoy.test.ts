// The sandbox as users run it: shows the three modes, and leaves nothing behind.

import { execFile, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { expect, onTestFinished, test } from 'vitest'
import { sendHttp } from '../../src/sandbox/http-request.ts'
import { until } from '../support/until.ts'

const BINARY = join(import.meta.dirname, '../../bin/isthmus')

test('--once ends with status 0 and tells the way of every request', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [BINARY, 'sandbox', '--once', '-format', 'json'])
  const { passed, trials } = JSON.parse(stdout)
  expect(passed).toBe(true)
  const ways = trials.map((trial: { title: string; hops: { proxy: string }[] }) => [
    trial.title,
    ...trial.hops.map(hop => hop.proxy),
  ])
  expect(ways).toEqual([
    ['mode none', 'web-sidecar', 'api-sidecar'],
    ['mode remote', 'web-sidecar', 'cloud-gateway', 'api-sidecar'],
    ['mode local', 'web-sidecar', 'onprem-gateway', 'cloud-gateway', 'api-sidecar'],
  ])
})

test('otherwise it stays, and Ctrl-C leaves nothing behind', async () => {
  const sandbox = spawn(process.execPath, [BINARY, 'sandbox'], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void sandbox.kill('SIGKILL'))
  const ended = new Promise<number | null>(resolve => sandbox.once('exit', resolve))
  const lines: string[] = []
  createInterface({ input: sandbox.stdout }).on('line', line => lines.push(line))
  await until('it says what to try', () => expect(lines.join('\n')).toContain('Ctrl-C ends everything'))
  const folder = /logs are in (\S+)\. Ctrl-C/.exec(lines.join('\n'))?.[1] ?? ''
  const [, address = '', port] = /curl http:\/\/([^:]+):(\d+)/.exec(lines.join('\n')) ?? []
  const askWeb = () => sendHttp({ address, port: Number(port) }, { path: '/' })
  expect(existsSync(folder)).toBe(true)
  expect(JSON.parse((await askWeb()).text)).toMatchObject({ service: 'web', upstream: { status: 200 } })

  sandbox.kill('SIGINT')
  expect(await ended).toBe(0)
  expect(existsSync(folder)).toBe(false)
  await expect(askWeb()).rejects.toThrow()
})

test('a format that does not fit is refused before anything starts', async () => {
  const running = promisify(execFile)(process.execPath, [BINARY, 'sandbox', '-format', 'json'])
  await expect(running).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining('-format json needs -once') })
})
