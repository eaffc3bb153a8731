// What an agent says when it cannot start, or starts without what it was told to find.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { startAgentProcess } from '../support/agent-process.ts'
import { closedPort, listenOnLoopback } from '../support/loopback.ts'
import { startRunningAgent } from '../support/running-agent.ts'
import { until } from '../support/until.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'start-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('a port that is taken', () => {
  it.each(['http', 'grpc', 'server', 'serf_wan'] as const)('of %s is named', async name => {
    const port = await listenOnLoopback(createServer())
    const started = startRunningAgent({ ports: { [name]: port } })
    await expect(started).rejects.toThrow(`ports.${name}: cannot listen on port ${port}: the port is in use by another`)
  })

  it('leaves nothing running behind it', async () => {
    const port = await listenOnLoopback(createServer())
    const http = await closedPort()
    await expect(startRunningAgent({ ports: { http, serf_wan: port } })).rejects.toThrow('ports.serf_wan')
    const again = await startRunningAgent({ ports: { http } })
    await again.close()
  })
})

describe('a data folder', () => {
  it('that another agent uses is refused in a sentence', async () => {
    const first = await startRunningAgent({ engine: 'sqlite', data_dir: folder })
    try {
      const second = startAgentProcess(['-server', `-data-dir=${folder}`, '-bind=127.0.0.1', '-http-port=0'])
      expect(await second.exited).toBe(1)
      expect(second.output()).toMatch(/^==> \S+\.db: the file is locked: is another agent running with the same data/m)
      expect(second.output()).not.toContain('    at ')
    } finally {
      await first.close()
    }
  })

  it('that is a file is refused in a sentence', async () => {
    const file = join(folder, 'file')
    writeFileSync(file, '')
    const agent = startAgentProcess(['-server', `-data-dir=${file}`, '-bind=127.0.0.1'])
    expect(await agent.exited).toBe(1)
    expect(agent.output()).toMatch(/^==> data_dir: cannot use \S+: EEXIST/)
  })
})

describe('a configuration file', () => {
  it.each([
    ['datacenter = "x"\nnode_name = \n', ':3:1: expected a value'],
    ['service {\n  name = "web\n', ':2:10: string is not closed'],
    ['servr = true', 'unknown field "servr"; did you mean "server"?'],
    ['ports { http = "x" }', 'ports.http: expected a whole number, got "x"'],
    ['service { name = "web" proxy { mesh_gateway { mode = "on" } } }', 'allowed are "", "none", "local", "remote"'],
    ['service { name = "web" kind = "mesh-gateway" }', 'service "web": Port must be non-zero for a mesh-gateway'],
  ])('%j ends the start', async (text, sentence) => {
    const file = join(folder, 'agent.hcl')
    writeFileSync(file, text)
    const agent = startAgentProcess(['-dev', '-config-file', file])
    expect(await agent.exited).toBe(1)
    expect(agent.output()).toContain(sentence)
    expect(agent.output()).not.toContain('    at ')
  })
})

describe('a primary datacenter that cannot be reached', () => {
  it('leaves a secondary serving, and is told of once', async () => {
    const nowhere = `127.0.0.1:${await closedPort()}`
    const federation = { datacenter: 'cloud', primary_datacenter: 'onprem', retry_join_wan: [nowhere] }
    const agent = await startRunningAgent({ ...federation, retry_interval_wan: '50ms' })
    try {
      const web = { Name: 'web', Port: 80 }
      expect((await agent.call('PUT', '/v1/agent/service/register', web)).status).toBe(200)
      expect(JSON.parse((await agent.call('GET', '/v1/health/service/web')).text)).toHaveLength(1)
      const entry = { Kind: 'service-defaults', Name: 'web' }
      const refused = await agent.call('PUT', '/v1/config', entry)
      expect([refused.status, refused.text]).toEqual([500, 'No path to datacenter "onprem"; known are cloud'])

      const warnings = () => agent.log.lines.filter(line => line.startsWith('[WARN]'))
      await until('the agent has tried a few times', () => expect(warnings().length).toBeGreaterThanOrEqual(2))
      await new Promise(resolve => setTimeout(resolve, 500))
      expect(warnings().filter(line => line.includes(nowhere))).toHaveLength(1)
      expect(warnings().filter(line => line.includes('the primary datacenter cannot be reached'))).toHaveLength(1)
    } finally {
      await agent.close()
    }
  })
})
