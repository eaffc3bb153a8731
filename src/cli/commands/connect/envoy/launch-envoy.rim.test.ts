// Runs a script in Envoy's place, so that what it is given can be looked at.

import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { startFakeAgent } from '../../../../../test/fakes/fake-agent.ts'
import { runCommand } from '../../../../../test/support/run-command.ts'
import { refuseOld } from './find-envoy.ts'
import { launchEnvoy } from './launch-envoy.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isthmus-launch-'))
})

afterEach(() => rmSync(folder, { recursive: true }))

function script(...lines: readonly string[]): string {
  const path = join(folder, 'envoy')
  writeFileSync(path, ['#!/bin/sh', `cd ${folder}`, ...lines].join('\n'))
  chmodSync(path, 0o755)
  return path
}

const seen = (name: string) => readFileSync(join(folder, name), 'utf8')

describe('launchEnvoy', () => {
  test('hands over the configuration as a file without a name, and passes arguments on', async () => {
    const binary = script('echo "$@" > args', 'cat "$2" > config', 'readlink /proc/self/fd/3 > link', 'exit 7')
    expect(await launchEnvoy(binary, '{"token": "secret"}', ['-l', 'debug'])).toBe(7)
    expect(seen('args')).toBe('--config-path /dev/fd/3 --disable-hot-restart --drain-strategy immediate -l debug\n')
    expect(seen('config')).toBe('{"token": "secret"}')
    expect(readdirSync(tmpdir()).filter(name => name.startsWith('isthmus-bootstrap-'))).toEqual([])
    expect(seen('link')).toMatch(/isthmus-bootstrap-.* \(deleted\)$/m)
  })

  test('leaves hot restart alone when it is configured', async () => {
    await launchEnvoy(script('echo "$@" > args'), '{}', ['--restart-epoch', '1'])
    expect(seen('args')).toBe('--config-path /dev/fd/3 --drain-strategy immediate --restart-epoch 1\n')
  })

  test('drains as the user says', async () => {
    await launchEnvoy(script('echo "$@" > args'), '{}', ['--drain-strategy', 'gradual'])
    expect(seen('args')).toBe('--config-path /dev/fd/3 --disable-hot-restart --drain-strategy gradual\n')
  })

  test('forwards signals and reports the one that ended Envoy', async () => {
    const binary = script(
      "trap 'echo hup > hup' HUP",
      'echo > ready',
      'while [ ! -e hup ]; do sleep 0.02; done',
      'kill -9 $$',
    )
    const code = launchEnvoy(binary, '{}', [])
    while (!readdirSync(folder).includes('ready')) await new Promise(resolve => setTimeout(resolve, 10))
    process.kill(process.pid, 'SIGHUP')
    expect(await code).toBe(128 + 9)
    expect(seen('hup')).toBe('hup\n')
    expect(process.listenerCount('SIGHUP')).toBe(0)
  })

  test('says when the binary cannot be run', async () => {
    await expect(launchEnvoy(join(folder, 'none'), '{}', [])).rejects.toThrow(/cannot run .*none: spawn .* ENOENT/)
  })
})

describe('connect envoy', () => {
  const routes = {
    'GET /v1/agent/service/p': {
      json: { Kind: 'connect-proxy', Service: 'p', Proxy: { DestinationServiceName: 'web' } },
    },
    'GET /v1/agent/self': { json: {} },
  }

  test('runs Envoy with what follows --', async () => {
    const agent = await startFakeAgent(routes)
    const version =
      'if [ "$1" = --version ]; then echo "envoy  version: abc123/1.35.3/Clean/RELEASE/BoringSSL"; exit; fi'
    const binary = script(version, 'echo "$@" > args', 'cat "$2" > config', 'exit 3')
    const args = ['connect', 'envoy', '-proxy-id=p', '-envoy-binary', binary, '--', '-l', 'debug']
    const { code, stdout } = await runCommand(args, { agent, env: { CONSUL_HTTP_TOKEN: 'secret' } })
    await agent.close()
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(seen('args')).toMatch(/ -l debug\n$/)
    expect(seen('args')).not.toMatch(/secret/)
    expect(JSON.parse(seen('config'))).toMatchObject({ node: { id: 'p', cluster: 'web' } })
  })

  test('finds Envoy before it registers or asks anything', async () => {
    const agent = await startFakeAgent(routes)
    const env = { PATH: '', ISTHMUS_CACHE: folder }
    const { code, stderr } = await runCommand(['connect', 'envoy', '-proxy-id=p'], { agent, env })
    await agent.close()
    expect(code).toBe(1)
    expect(stderr).toMatch(/no Envoy found\. Install it, put it on PATH, or name it with -envoy-binary or ENVOY_BIN/)
    expect(agent.requests).toEqual([])
  })
})

test('any Envoy from 1.22 on will do', () => {
  for (const version of ['1.22.0', '1.35.3', '1.40.0', '2.0.0', '1.99.0-dev']) refuseOld('/bin/envoy', version)
  for (const version of ['1.21.6', '1.9.0', '0.40.0']) {
    expect(() => refuseOld('/bin/envoy', version)).toThrow(/is too old; 1\.22 or any newer release works/)
  }
})
