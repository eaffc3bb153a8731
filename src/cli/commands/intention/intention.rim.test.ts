import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FakeAgent, startFakeAgent } from '../../../../test/fakes/fake-agent.ts'
import { runCommand } from '../../../../test/support/run-command.ts'

const WEB_DB = {
  SourceNS: 'default',
  SourceName: 'web',
  DestinationNS: 'default',
  DestinationName: 'db',
  SourceType: 'consul',
  Action: 'allow',
  Precedence: 9,
  Description: 'for orders',
  CreatedAt: '2026-01-02T03:04:05Z',
}
const ANY_DB = { ...WEB_DB, SourceName: '*', Action: '', Permissions: [{ Action: 'allow' }], Precedence: 8 }

let agent: FakeAgent

beforeEach(async () => {
  agent = await startFakeAgent({
    'GET /v1/connect/intentions/exact': ({ query }) =>
      query.source === 'web' && query.destination === 'db'
        ? { json: WEB_DB }
        : { status: 404, text: 'Intention not found' },
    'PUT /v1/connect/intentions/exact': { json: true },
    'DELETE /v1/connect/intentions/exact': { json: true },
    'GET /v1/connect/intentions': { json: [WEB_DB, ANY_DB] },
    'GET /v1/connect/intentions/match': ({ query }) => ({ json: { [query.name!]: [WEB_DB, ANY_DB] } }),
    'GET /v1/connect/intentions/check': ({ query }) =>
      query.source === 'bad' ? { status: 500, text: 'oops' } : { json: { Allowed: query.source === 'web' } },
  })
})

afterEach(() => agent.close())

const intention = (...args: string[]) => runCommand(['intention', ...args], { agent })

describe('intention create', () => {
  test('allows unless told otherwise', async () => {
    expect((await intention('create', 'api', 'db')).stdout).toBe('Created: api => db (allow)\n')
    expect(agent.requests.at(-1)).toMatchObject({
      method: 'PUT',
      query: { source: 'api', destination: 'db' },
      body: { SourceType: 'consul', Action: 'allow' },
    })
  })

  test('denies', async () => {
    expect((await intention('create', '-deny', '*', 'db')).stdout).toBe('Created: * => db (deny)\n')
  })

  test('changes an existing one only with -replace', async () => {
    const refused = await intention('create', '-deny', 'web', 'db')
    expect(refused).toMatchObject({ code: 1, stdout: '' })
    expect(refused.stderr).toMatch(/web => db exists already; -replace changes it/)
    expect((await intention('create', '-deny', '-replace', 'web', 'db')).code).toBe(0)
  })

  test('reads files', async () => {
    const stdin = '{"SourceName": "a", "SourceNS": "x", "DestinationName": "b", "Permissions": [{}, {}]}'
    const { stdout } = await runCommand(['intention', 'create', '-file', '-'], { agent, stdin })
    expect(stdout).toBe('Created: x/a => b (2 permissions)\n')
    expect(agent.requests.at(-1)?.query).toEqual({ source: 'x/a', destination: 'b' })
  })

  test.each([
    [['-allow', '-deny', 'a', 'b'], 'only one of -allow and -deny'],
    [['a'], 'expected a source and a destination, got 1'],
    [['a', 'b', 'c'], 'expected a source and a destination, got 3'],
    [['-file', '-deny', 'x'], '-file excludes'],
  ])('refuses %j', async (args, message) => {
    const { code, stderr } = await intention('create', ...args)
    expect(code).toBe(1)
    expect(stderr).toContain(message)
  })
})

test('intention check exits with 0, 1 or 2', async () => {
  expect(await intention('check', 'web', 'db')).toMatchObject({ code: 0, stdout: 'Allowed\n' })
  expect(await intention('check', 'api', 'db')).toMatchObject({ code: 1, stdout: 'Denied\n' })
  expect(await intention('check', 'bad', 'db')).toMatchObject({ code: 2, stdout: '' })
  expect(await intention('check', 'web')).toMatchObject({ code: 2, stdout: '' })
})

test('intention get prints aligned fields', async () => {
  expect((await intention('get', 'web', 'db')).stdout.split('\n')).toEqual([
    'Source:       web',
    'Destination:  db',
    'Action:       allow',
    'Description:  for orders',
    'Created At:   2026-01-02T03:04:05Z',
    '',
  ])
  await agent.close()
  const timeless = { ...WEB_DB, CreatedAt: '0001-01-01T00:00:00Z' }
  agent = await startFakeAgent({ 'GET /v1/connect/intentions/exact': { json: timeless } })
  expect((await intention('get', 'web', 'db')).stdout).not.toMatch(/Created At/)
})

test('intention get says when there is none', async () => {
  const missing = await intention('get', 'a', 'b')
  expect(missing.code).toBe(1)
  expect(missing.stderr).toMatch(/no intention a => b; "isthmus intention list" prints those that exist/)
})

describe('intention list', () => {
  test('prints a table', async () => {
    expect((await intention('list')).stdout.split('\n')).toEqual([
      'ID  Source  Action        Destination  Precedence',
      '    web     allow         db           9',
      '    *       1 permission  db           8',
      '',
    ])
  })

  test('exits with 2 when there are none', async () => {
    await agent.close()
    agent = await startFakeAgent({ 'GET /v1/connect/intentions': { json: null } })
    expect(await intention('list')).toMatchObject({ code: 2, stdout: '', stderr: 'There are no intentions.\n' })
  })
})

test('intention delete', async () => {
  expect((await intention('delete', 'web', 'db')).stdout).toBe('Intention deleted.\n')
  expect((await intention('delete', 'a', 'b')).code).toBe(1)
  expect(agent.requests.filter(seen => seen.method === 'DELETE')).toHaveLength(1)
})

test('intention match prints one line each', async () => {
  expect((await intention('match', 'db')).stdout).toBe('web => db (allow)\n* => db (1 permission)\n')
  await intention('match', '-source', 'web')
  expect(agent.requests.map(seen => seen.query)).toEqual([
    { by: 'destination', name: 'db' },
    { by: 'source', name: 'web' },
  ])
})
