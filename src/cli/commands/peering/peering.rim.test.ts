import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { TEST_CA } from '../../../../test/fakes/ca-certificate.ts'
import { type FakeAgent, type FakeRoutes, startFakeAgent } from '../../../../test/fakes/fake-agent.ts'
import { runCommand } from '../../../../test/support/run-command.ts'
import { encodeToken } from '../../../core/peering/token.ts'

const TRUST_DOMAIN = '11111111-2222-3333-4444-555555555555.consul'
const SECRET = '3f0a0a44-5c5f-4f0e-9d5b-0f1f5a6d7c8e'
const TOKEN = encodeToken({
  ...{ CA: [TEST_CA], ManualServerAddresses: [], ServerAddresses: ['10.0.0.1:8503'], PeerID: 'peer-id' },
  ...{ ServerName: `server.dc1.peering.${TRUST_DOMAIN}`, EstablishmentSecret: SECRET },
  Remote: { Partition: '', Datacenter: 'dc1' },
})

const PEERING = {
  ...{ ID: 'id-1', Name: 'east', Meta: { env: 'test' }, State: 'FAILING', PeerID: 'peer-id', PeerCAPems: [TEST_CA] },
  ...{ PeerServerName: 'server.dc1.peering.x', PeerServerAddresses: ['10.0.0.1:8503'], CreateIndex: 4, ModifyIndex: 9 },
  StreamStatus: {
    ...{
      ImportedServices: ['web', 'api'],
      ExportedServices: ['db'],
      LastHeartbeat: '2026-11-21T12:00:00Z',
      LastSend: null,
    },
    ...{ LastReceive: null, LastError: 'connection refused', NextTry: '2026-11-21T12:00:05Z', Stale: true },
    Refusals: [{ By: 'us', Resource: 'service big', Reason: 'too large' }],
  },
}

let agent: FakeAgent
let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isthmus-peering-'))
})

afterEach(async () => {
  await agent?.close()
  rmSync(folder, { recursive: true })
})

async function run(routes: FakeRoutes, ...args: readonly string[]) {
  agent = await startFakeAgent(routes)
  return await runCommand(args, { agent })
}

describe('peering generate-token', () => {
  const routes = { 'POST /v1/peering/token': { json: { PeeringToken: TOKEN } } }

  test('prints the token alone, and sends what it was given', async () => {
    const flags = ['-name=east', '-meta=a=b', '-server-external-addresses=h:1, h:2', '-server-external-addresses=h:3']
    const { code, stdout } = await run(routes, 'peering', 'generate-token', ...flags)
    expect({ code, stdout }).toEqual({ code: 0, stdout: `${TOKEN}\n` })
    expect(agent.requests[0]?.body).toEqual({
      ...{ PeerName: 'east', Meta: { a: 'b' }, ServerExternalAddresses: ['h:1', 'h:2', 'h:3'] },
    })
  })

  test('prints the answer of the API as JSON', async () => {
    const { stdout } = await run(routes, 'peering', 'generate-token', '-name=east', '-format=json')
    expect(JSON.parse(stdout)).toEqual({ PeeringToken: TOKEN })
  })

  test('needs a name', async () => {
    const { code, stderr } = await run(routes, 'peering', 'generate-token')
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'Error generating peering token: Missing the required -name flag\n',
    })
  })
})

describe('peering establish', () => {
  test('sends a token from the command line or from a file', async () => {
    const routes = { 'POST /v1/peering/establish': { json: {} } }
    const file = join(folder, 'token')
    writeFileSync(file, `${TOKEN}\n`)
    for (const argument of [TOKEN, `@${file}`]) {
      const { code, stdout, stderr } = await run(
        ...([routes, 'peering', 'establish', '-name=east', `-peering-token=${argument}`] as const),
      )
      expect({ code, stdout }).toEqual({ code: 0, stdout: 'Successfully established peering connection with east\n' })
      expect(stderr).toContain('isthmus peering doctor east')
      expect(agent.requests[0]?.body).toEqual({ PeerName: 'east', PeeringToken: TOKEN })
      await agent.close()
    }
  })

  test('tells why a token was refused', async () => {
    const routes = { 'POST /v1/peering/establish': { status: 400, text: 'PeeringToken: was used already' } }
    const { code, stderr } = await run(routes, 'peering', 'establish', '-name=east', '-peering-token=x')
    expect(code).toBe(1)
    expect(stderr).toContain('PeeringToken: was used already')
  })
})

describe('peering list', () => {
  test('prints a table by name', async () => {
    const other = { Name: 'a', State: 'PENDING', StreamStatus: { ImportedServices: null, ExportedServices: null } }
    const { stdout } = await run({ 'GET /v1/peerings': { json: [PEERING, other] } }, 'peering', 'list')
    expect(stdout).toBe(
      'Name  State    Imported Svcs  Exported Svcs  Meta\n' +
        'a     PENDING  0              0\n' +
        'east  FAILING  2              1              env=test\n',
    )
  })

  test('says that there are none', async () => {
    const { code, stdout } = await run({ 'GET /v1/peerings': { json: [] } }, 'peering', 'list')
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'There are no peering connections.\n' })
  })
})

describe('peering read', () => {
  test('prints a peering with what is wrong with it', async () => {
    const { stdout } = await run({ 'GET /v1/peering/east': { json: PEERING } }, 'peering', 'read', '-name=east')
    expect(stdout).toBe(`Name:      east
ID:        id-1
State:     FAILING
Problem:   connection refused
Next try:  2026-11-21T12:00:05Z
Meta:
    env=test

Peer ID:               peer-id
Peer Server Name:      server.dc1.peering.x
Peer CA Pems:          1
Peer Server Addresses:
    10.0.0.1:8503

Imported Services: 2
Exported Services: 1
What was imported may be old: the link is down.
This cluster refuses what the peer sends: service big: too large

Last Heartbeat:    2026-11-21T12:00:00Z
Last Send:         never
Last Receive:      never

Create Index: 4
Modify Index: 9
`)
  })

  test('says that there is none of the name', async () => {
    const routes = { 'GET /v1/peering/no': { status: 404, text: 'Peering not found for "no"' } }
    const { code, stderr } = await run(routes, 'peering', 'read', '-name=no')
    expect({ code, stderr }).toEqual({ code: 1, stderr: 'Error reading peering: No peering with name no found.\n' })
  })
})

describe('peering exported-services and delete', () => {
  test('print one service a line', async () => {
    const { stdout } = await run(
      { 'GET /v1/peering/east': { json: PEERING } },
      'peering',
      'exported-services',
      '-name=east',
    )
    expect(stdout).toBe('db\n')
  })

  test('submit the deletion', async () => {
    const routes = { 'DELETE /v1/peering/east': { status: 200, text: '' } }
    const { stdout } = await run(routes, 'peering', 'delete', '-name=east')
    expect(stdout).toBe('Successfully submitted peering connection, east, for deletion\n')
  })
})

describe('peering inspect-token', () => {
  test('shows what a token says without its secret, and asks nobody', async () => {
    const { code, stdout } = await run({}, 'peering', 'inspect-token', TOKEN)
    expect(code).toBe(0)
    expect(stdout).toContain(`Server name:       server.dc1.peering.${TRUST_DOMAIN}`)
    expect(stdout).toContain('WARNING  ServerAddresses[0]: 10.0.0.1:8503 can be reached only from its own network')
    expect(stdout).not.toContain(SECRET)
    expect(agent.requests).toEqual([])
  })

  test('prints no secret as JSON either', async () => {
    const { stdout } = await run({}, 'peering', 'inspect-token', '-format=json', TOKEN)
    expect(JSON.parse(stdout)).toMatchObject({
      PeerID: 'peer-id',
      Findings: [{ Severity: 'warning' }, { Severity: 'warning' }],
    })
    expect(stdout).not.toContain(SECRET)
  })

  test('fails for a token of the cluster it is asked in, and for one that is none', async () => {
    const routes = { 'GET /v1/connect/ca/roots': { json: { TrustDomain: TRUST_DOMAIN } } }
    const own = await run(routes, 'peering', 'inspect-token', '-here', TOKEN)
    expect(own.code).toBe(1)
    expect(own.stdout).toContain('ERROR    ServerName: the token was made in this very cluster')
    await agent.close()
    const none = await run({}, 'peering', 'inspect-token', 'garbage')
    expect(none.code).toBe(1)
    expect(none.stderr).toContain('this token cannot be used: PeeringToken: is not base64 text')
  })
})

describe('services export', () => {
  const PATH = '/v1/config/exported-services/default'
  const missing = { status: 404, text: 'Config entry not found' }
  const exporting = (...flags: readonly string[]) => ['services', 'export', '-name=web', ...flags]

  test('writes the entry when there is none', async () => {
    const routes = { [`GET ${PATH}`]: missing, 'PUT /v1/config': { json: true } }
    const { code, stdout } = await run(routes, ...exporting('-consumer-peers=east,west'))
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: 'Successfully exported service "web" to cluster peers "east,west"\n',
    })
    expect(agent.requests[1]).toMatchObject({
      query: { cas: '0' },
      body: {
        ...{ Kind: 'exported-services', Name: 'default' },
        Services: [{ Name: 'web', Consumers: [{ Peer: 'east' }, { Peer: 'west' }] }],
      },
    })
  })

  test('adds to the entry that is there, and nothing twice', async () => {
    const Services = [
      { Name: 'api', Consumers: [{ Peer: 'east' }] },
      { Name: 'web', Consumers: [{ Peer: 'east' }] },
    ]
    const entry = { json: { Kind: 'exported-services', Name: 'default', Services, ModifyIndex: 12 } }
    const routes = { [`GET ${PATH}`]: entry, 'PUT /v1/config': { json: true } }
    await run(routes, ...exporting('-consumer-peers=east,west', '-consumer-partitions=p'))
    expect(agent.requests[1]).toMatchObject({
      query: { cas: '12' },
      body: {
        Services: [Services[0], { Name: 'web', Consumers: [{ Peer: 'east' }, { Peer: 'west' }, { Partition: 'p' }] }],
      },
    })
  })

  test('tries again when somebody else was faster', async () => {
    let writes = 0
    const routes = { [`GET ${PATH}`]: missing, 'PUT /v1/config': () => ({ json: ++writes > 1 }) }
    const { code } = await run(routes, ...exporting('-consumer-peers=east'))
    expect({ code, writes }).toEqual({ code: 0, writes: 2 })
  })

  test('warns of a peer that there is no peering with', async () => {
    const peerings = { 'GET /v1/peerings': { json: [{ Name: 'east' }] } }
    const routes = { [`GET ${PATH}`]: missing, 'PUT /v1/config': { json: true }, ...peerings }
    const { code, stderr } = await run(routes, ...exporting('-consumer-peers=east,wets'))
    expect(code).toBe(0)
    expect(stderr).toBe('Warning: there is no peering named "wets"; the service will be shared once there is one\n')
  })

  test('needs somebody to export to', async () => {
    const { code, stderr } = await run({}, ...exporting())
    expect(code).toBe(1)
    expect(stderr).toContain('Missing the required -consumer-peers or -consumer-partitions flag')
  })
})
