import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FakeAgent, startFakeAgent } from '../../../../test/fakes/fake-agent.ts'
import { runCommand } from '../../../../test/support/run-command.ts'

const SIDECAR = `
service {
  name = "web-sidecar-proxy"
  kind = "connect-proxy"
  port = 8181
  proxy {
    destination_service_name = "web"
    mesh_gateway {
      mode = "local"
    }
    upstreams = [
      {
        destination_name = "billing"
        local_bind_port = 9090
      }
    ]
  }
}
`

let agent: FakeAgent
let folder: string

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'isthmus-services-'))
  agent = await startFakeAgent({
    'PUT /v1/agent/service/register': ({ body }) =>
      (body as { name?: string }).name === 'bad' ? { status: 400, text: 'Missing port' } : { status: 200, text: '' },
    'PUT /v1/agent/service/deregister/web-1': { status: 200, text: '' },
    'PUT /v1/agent/service/deregister/web-sidecar-proxy': { status: 200, text: '' },
  })
})

afterEach(async () => {
  await agent.close()
  rmSync(folder, { recursive: true })
})

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('services register', () => {
  test('sends a definition as written, in its JSON view', async () => {
    const { code, stdout } = await runCommand(['services', 'register', file('web.hcl', SIDECAR)], { agent })
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'Registered service: web-sidecar-proxy\n' })
    expect(agent.requests[0]?.body).toEqual({
      name: 'web-sidecar-proxy',
      kind: 'connect-proxy',
      port: 8181,
      proxy: [
        {
          destination_service_name: 'web',
          mesh_gateway: [{ mode: 'local' }],
          upstreams: [{ destination_name: 'billing', local_bind_port: 9090 }],
        },
      ],
    })
  })

  test('takes lists, several files and bare definitions', async () => {
    const many = file('many.json', '{"services": [{"name": "a"}, {"name": "b"}]}')
    const bare = file('bare.yaml', 'Name: c\nPort: 80\n')
    const { stdout } = await runCommand(['services', 'register', many, bare], { agent })
    expect(stdout).toBe('Registered service: a\nRegistered service: b\nRegistered service: c\n')
  })

  test('builds a definition from flags', async () => {
    const args = ['-name=web', '-id=web-1', '-port=9090', '-address=10.0.0.1', '-tag=v1', '-tag=v2', '-meta=a=b']
    const tagged = ['-tagged-address=lan=10.0.0.1', '-tagged-address=wan=[2001:db8::1]:443']
    await runCommand(['services', 'register', ...args, ...tagged], { agent })
    expect(agent.requests[0]?.body).toEqual({
      ID: 'web-1',
      Name: 'web',
      Address: '10.0.0.1',
      Port: 9090,
      Tags: ['v1', 'v2'],
      Meta: { a: 'b' },
      TaggedAddresses: { lan: { Address: '10.0.0.1', Port: 9090 }, wan: { Address: '2001:db8::1', Port: 443 } },
    })
  })

  test('names the service that the agent refuses', async () => {
    const bad = file('bad.json', '{"services": [{"name": "a"}, {"name": "bad"}]}')
    const { code, stdout, stderr } = await runCommand(['services', 'register', bad], { agent })
    expect({ code, stdout }).toEqual({ code: 1, stdout: 'Registered service: a\n' })
    expect(stderr).toBe('Error registering service: bad: Unexpected response code: 400 (Missing port)\n')
  })

  test.each([
    [[], 'give a file with service definitions, or at least -name'],
    [['-name=x', 'web.hcl'], '-name and files exclude one another'],
    [['-name=x', '-tagged-address=lan=a:b:c'], 'lan=a:b:c: expected address or address:port'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await runCommand(['services', 'register', ...args], { agent })
    expect(code).toBe(1)
    expect(stderr).toContain(message)
  })

  test.each([
    ['x = 1', 'holds no service; write service { name = "..." }'],
    ['service { port = 1 }', 'service 1 of 1 has no name'],
  ])('refuses a file with %j', async (text, message) => {
    const { code, stderr } = await runCommand(['services', 'register', file('x.hcl', text)], { agent })
    expect(code).toBe(1)
    expect(stderr).toContain(message)
    expect(agent.requests).toEqual([])
  })
})

describe('services deregister', () => {
  test('by ID or by file', async () => {
    const byId = await runCommand(['services', 'deregister', '-id', 'web-1'], { agent })
    const byFile = await runCommand(['services', 'deregister', file('web.hcl', SIDECAR)], { agent })
    expect(byId.stdout).toBe('Deregistered service: web-1\n')
    expect(byFile.stdout).toBe('Deregistered service: web-sidecar-proxy\n')
  })

  test('needs exactly one of both', async () => {
    const neither = await runCommand(['services', 'deregister'], { agent })
    const both = await runCommand(['services', 'deregister', '-id=x', 'f.hcl'], { agent })
    for (const { code, stderr } of [neither, both]) {
      expect(code).toBe(1)
      expect(stderr).toContain('give either -id or files with service definitions')
    }
  })
})
