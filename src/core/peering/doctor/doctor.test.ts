import { describe, expect, it } from 'vitest'
import { TEST_CA, TEST_CA_AFTER, TEST_CA_BEFORE } from '../../../../test/fakes/ca-certificate.ts'
import { checkRow, nodeRow, registering, serviceRow } from '../../../../test/support/catalog-rows.ts'
import {
  acceptedPeering,
  acceptorRow,
  applyTo,
  dialerRow,
  importedInstance,
  importing,
  PEER_DOMAIN,
  storeAfter,
} from '../../../../test/support/peering-rows.ts'
import { decodeEntry } from '../../entries/index.ts'
import type { PeerStreamStatus } from '../../model/peering.ts'
import type { Command } from '../../store/commands.ts'
import type { Store } from '../../store/store.ts'
import { UNTRIED } from '../state.ts'
import { brokenHop, diagnose } from './diagnose.ts'
import { cut, failed, ok, warn } from './finding.ts'
import type { Circumstances } from './link-findings.ts'
import { peeringPicture } from './picture.ts'
import { type Probe, probeTargets } from './probe.ts'

const NOW = TEST_CA_BEFORE + 1000
const DURING: Circumstances = { now: NOW, hasStreamSecret: true }
const CONNECTED: PeerStreamStatus = { ...UNTRIED, connected: true, lastHeartbeatAt: NOW - 4000 }
const OWN = { datacenter: 'dc1', trustDomain: 'own.consul', roots: [TEST_CA] }

function entry(document: object): Command {
  const decoded = decodeEntry(document)
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.issues))
  return { type: 'set-entry', entry: decoded.value }
}

const exporting = (...names: readonly string[]) =>
  entry({
    ...{ Kind: 'exported-services', Name: 'default' },
    Services: names.map(Name => ({ Name, Consumers: [{ Peer: 'west' }] })),
  })

function meshService(name: string, Status: 'passing' | 'critical' = 'passing'): Command {
  const sidecar = serviceRow('a', `${name}-sidecar-proxy`, {
    ...{ Kind: 'connect-proxy', Proxy: { DestinationServiceName: name, MeshGateway: {}, Expose: {} } },
  })
  const check = checkRow('a', `c-${name}`, { ServiceID: sidecar.ID, Status })
  return registering(nodeRow('a'), [serviceRow('a', name), sidecar], [check])
}

function gateway(Status: 'passing' | 'critical' = 'passing', wan = '198.51.100.7'): Command {
  const TaggedAddresses = wan === '' ? {} : { wan: { Address: wan, Port: 443 } }
  const row = serviceRow('g', 'mesh-gateway', { Kind: 'mesh-gateway', Port: 8443, TaggedAddresses })
  return registering(nodeRow('g'), [row], [checkRow('g', 'gw', { ServiceID: row.ID, Status })])
}

function establishing(change = {}): Command {
  const peering = dialerRow('west', { PeerCAPems: [TEST_CA], ...change })
  return { type: 'begin-establish', peering, sealed: 'sealed', keepAddresses: false }
}

/** A store with a trust domain, a peering `west` and how its stream is doing. */
function storeWith(stream: PeerStreamStatus | undefined, ...commands: readonly Command[]): Store {
  const store = storeAfter()
  store.apply([{ table: 'caRoots', key: '', row: { ActiveRootID: '', TrustDomain: 'own.consul', Roots: [] } }], 1)
  for (const command of commands) applyTo(store, command)
  if (stream !== undefined) store.setFact('peer-stream', 'id-west', stream)
  return store
}

function pictureOf(store: Store) {
  const picture = store.read(peeringPicture, { partition: 'default', peer: 'west' }).value
  if (picture === undefined) throw new Error('there is no peering')
  return picture
}

/** `<result> <check> <subject>: <message>` of what is not well. */
function wrongWith(store: Store, circumstances = DURING, probes: readonly Probe[] = []): readonly string[] {
  return diagnose(pictureOf(store), circumstances, probes)
    .filter(each => each.result !== 'ok')
    .map(each => `${each.result} ${each.check} ${each.subject}: ${each.message}`)
}

function bundle(RootPEMs: readonly string[] = [TEST_CA], TrustDomain = PEER_DOMAIN): Command {
  return { type: 'import-bundle', id: 'id-west', bundle: { TrustDomain, RootPEMs, ExportedPartition: '' } }
}

/** What west exports, with a gateway that leads to it. */
function importedProxy(service: string, status: 'passing' | 'critical' = 'passing'): Command {
  const made = importedInstance(`${service}-sidecar-proxy`, 'theirs')
  const instance = {
    ...made,
    service: {
      ...{ ...made.service, Kind: 'connect-proxy' as const, Port: 8443, Address: '203.0.113.9' },
      Proxy: { MeshGateway: {}, Expose: {}, DestinationServiceName: service },
    },
    checks: made.checks.map(check => ({ ...check, Status: status })),
  }
  const name = { Name: `${service}-sidecar-proxy`, Namespace: 'default' }
  return { type: 'import-service', id: 'id-west', service: name, instances: [instance] }
}

const HEALTHY = [...acceptedPeering('west'), bundle(), gateway(), meshService('api'), exporting('api')]

describe('the diagnosis of a link', () => {
  it('finds nothing wrong with one that works, and looks at every hop', () => {
    const store = storeWith(CONNECTED, ...HEALTHY, importing('id-west', 'db', 'theirs'), importedProxy('db'))
    expect(wrongWith(store)).toEqual([])
    const checks = diagnose(pictureOf(store), DURING, []).map(each => each.check)
    expect(checks).toEqual([
      ...['state', 'secret', 'heartbeat', 'trust', 'gateways here', 'exports', 'gateways there', 'imports'],
    ])
  })

  it('tells who waits for whom before there is one', () => {
    const offered = storeWith(undefined, { type: 'generate-peering', peering: acceptorRow('west'), establishment: 't' })
    expect(wrongWith(offered).slice(0, 2)).toEqual([
      'warn state : PENDING: nobody has connected with the token yet',
      'warn secret : the token was not used yet',
    ])
    const lost = storeWith(undefined, establishing())
    expect(wrongWith(lost, { ...DURING, hasStreamSecret: false })).toContain(
      'failed secret : the secret of the token was never exchanged',
    )
  })

  it('tells a peer that refuses us from one that cannot be reached', () => {
    const refused = { ...UNTRIED, error: 'invalid peering stream secret', refused: true }
    expect(wrongWith(storeWith(refused, establishing()))).toContain(
      'failed secret : the peer refuses us: invalid peering stream secret',
    )
    const away = { ...UNTRIED, error: 'connect ECONNREFUSED', imported: ['db'], lastHeartbeatAt: NOW - 90_000 }
    expect(wrongWith(storeWith(away, establishing()))).toEqual([
      'failed state : FAILING: connect ECONNREFUSED',
      'warn secret : it is not known whether our secret is accepted: nobody could be asked',
      'warn heartbeat : the last one came 90 s ago; what was imported may be as old as that',
      'warn exports : nothing is exported to the peer, and nothing is imported',
    ])
  })

  it('finds heartbeats that are late', () => {
    const late = { ...CONNECTED, lastHeartbeatAt: NOW - 60_000 }
    expect(wrongWith(storeWith(late, ...HEALTHY))).toEqual([
      'warn heartbeat : the last one came 60 s ago; they should come every 15 s',
    ])
  })

  it('finds authorities whose time is over, and roots of another cluster', () => {
    const store = storeWith(CONNECTED, establishing(), bundle([TEST_CA], 'other.consul'))
    expect(wrongWith(store)).toContain(
      `failed trust : its servers are of trust domain ${PEER_DOMAIN}, its roots of other.consul`,
    )
    const after = { ...DURING, now: TEST_CA_AFTER + 1 }
    const expired = wrongWith(storeWith(UNTRIED, establishing(), bundle()), after).join('\n')
    expect(expired).toContain('failed trust authorities of its servers: expired at')
    expect(expired).toContain('failed trust roots of its services: expired at')
  })

  it('has nothing to say of one that is over but that it is', () => {
    const store = storeWith(CONNECTED, ...HEALTHY, { type: 'terminate-peering', id: 'id-west' })
    expect(wrongWith(store)).toEqual(['failed state : TERMINATED: the other cluster has deleted the peering'])
  })
})

describe('the diagnosis of gateways', () => {
  it('wants one where something is exported', () => {
    const [generate, exchange, open] = acceptedPeering('west')
    const linked = [generate, exchange, open, bundle()].flatMap(each => each ?? [])
    expect(wrongWith(storeWith(CONNECTED, ...linked, meshService('api'), exporting('api')))).toEqual([
      'failed gateways here : there is none, and what is exported needs one',
      'failed exports : no mesh gateway leads to 1 exported service',
    ])
  })

  it('finds those that are critical or have no address for others', () => {
    expect(wrongWith(storeWith(CONNECTED, ...HEALTHY, gateway('critical')))).toEqual([
      'failed gateways here mesh-gateway: it is critical, so nobody is sent to 198.51.100.7:443',
      'failed exports : no mesh gateway leads to 1 exported service',
    ])
    expect(wrongWith(storeWith(CONNECTED, ...HEALTHY, gateway('passing', '')))).toEqual([
      'warn gateways here mesh-gateway: it has no WAN address: peers are told 10.0.0.1:8443, which can be reached only from its own network',
    ])
  })

  it('finds that the peer has told of none', () => {
    expect(wrongWith(storeWith(CONNECTED, ...HEALTHY, importing('id-west', 'db', 'theirs')))).toEqual([
      'failed gateways there : the peer told of none: nothing that was imported can be reached',
    ])
  })
})

describe('the diagnosis of what is shared', () => {
  it('finds exports that nobody can reach', () => {
    const deny = entry({
      ...{ Kind: 'service-intentions', Name: 'shut' },
      Sources: [{ Name: '*', Peer: 'west', Action: 'deny' }],
    })
    const plain = registering(nodeRow('b'), [serviceRow('b', 'plain')])
    const services = [meshService('sick', 'critical'), meshService('shut'), plain, deny]
    const store = storeWith(CONNECTED, ...HEALTHY, ...services, exporting('api', 'gone', 'plain', 'shut', 'sick'))
    expect(wrongWith(store)).toEqual([
      'failed exports gone: it is exported, and no instance of it is registered',
      'warn exports plain: it is exported to catalogs only: it has no sidecar, so that no gateway leads to it',
      'failed exports shut: no intention lets anybody of the peer in',
      'failed exports sick: no instance of it is healthy',
    ])
  })

  it.each([
    ['one caller', [{ Name: 'web', Peer: 'west', Action: 'allow' }], true],
    ['everybody of another peer', [{ Name: '*', Peer: 'moon', Action: 'allow' }], false],
    ['everybody of every peer', [{ Name: '*', Peer: '*', Action: 'allow' }], false],
    ['one caller of every peer', [{ Name: 'web', Peer: '*', Action: 'allow' }], true],
    [
      'some requests',
      [{ Name: 'web', Peer: 'west', Permissions: [{ Action: 'allow', HTTP: { PathPrefix: '/' } }] }],
      true,
    ],
  ])('takes an intention that lets in %s for what it is', (_, sources, isPermitted) => {
    const Sources = [...sources, { Name: '*', Peer: 'west', Action: 'deny' }]
    const http = entry({ Kind: 'service-defaults', Name: 'api', Protocol: 'http' })
    const store = storeWith(CONNECTED, ...HEALTHY, http, entry({ Kind: 'service-intentions', Name: 'api', Sources }))
    expect(wrongWith(store)).toEqual(
      isPermitted ? [] : ['failed exports api: no intention lets anybody of the peer in'],
    )
  })

  it('finds imports that lead nowhere, and upstreams that name nothing', () => {
    const Upstreams = ['db', 'typo'].map(DestinationName => ({
      ...{ DestinationType: 'service' as const, DestinationName, DestinationPeer: 'west', LocalBindPort: 1 },
      MeshGateway: DestinationName === 'db' ? { Mode: 'none' as const } : {},
    }))
    const asking = serviceRow('w', 'web-proxy', {
      ...{ Kind: 'connect-proxy', Proxy: { DestinationServiceName: 'web', MeshGateway: {}, Expose: {}, Upstreams } },
    })
    const imports = [importedProxy('db', 'critical'), importing('id-west', 'plain', 'theirs')]
    expect(wrongWith(storeWith(CONNECTED, ...HEALTHY, ...imports, registering(nodeRow('w'), [asking])))).toEqual([
      'warn imports db: no gateway leads to a healthy instance of it, says the peer',
      'warn imports plain: its gateways are not known: on the other side it has no sidecar, or there is no mesh gateway',
      'failed upstreams web-proxy: it asks for "typo" of "west", which exports no such service here',
      'warn upstreams web-proxy: its mesh gateway mode for "db" is none; a peer can only be reached through gateways, so remote is used',
    ])
  })

  it('says that what was imported may be old', () => {
    const store = storeWith({ ...UNTRIED, error: 'lost' }, ...HEALTHY, importedProxy('db'))
    expect(wrongWith(store)).toContain('warn imports : what was imported may be old: the link is down')
  })

  it('does not go through a thousand services that are broken in one place', () => {
    const many = Array.from({ length: 1000 }, (_, i) => failed('exports', `s${i}`, 'broken', 'mend it'))
    expect(cut(many)).toHaveLength(21)
    expect(cut(many).at(-1)?.message).toBe('and 980 more')
  })
})

describe('probes', () => {
  const dialling = storeWith(UNTRIED, establishing({ PeerServerAddresses: ['h:1', 'h:2'] }))
  const outcome = (failedAt: Probe['failed'], i: number): Probe => {
    const target = probeTargets(pictureOf(dialling), OWN)[i]
    if (target === undefined) throw new Error('there is no such target')
    return { target, failed: failedAt, problem: 'why' }
  }

  it('go to servers with what they must show, and to gateways of what was imported', () => {
    const tls = { serverName: `server.dc1.peering.${PEER_DOMAIN}`, authorities: [TEST_CA] }
    expect(probeTargets(pictureOf(dialling), OWN)).toEqual([
      { purpose: 'peer-server', address: 'h:1', tls },
      { purpose: 'peer-server', address: 'h:2', tls },
      { purpose: 'peer-server', address: '10.0.0.1:8503', tls },
    ])
    const listening = storeWith(CONNECTED, ...HEALTHY, importedProxy('db'))
    expect(probeTargets(pictureOf(listening), OWN)).toEqual([
      { purpose: 'peer-gateway', address: '203.0.113.9:8443', tls: undefined },
    ])
  })

  it('find the hop, and one good way is enough', () => {
    const all = [outcome('names', 0), outcome('connect', 1), outcome('tls', 2)]
    const hops = wrongWith(dialling, DURING, all).filter(line => / (names|connect|tls) /.test(line))
    expect(hops).toEqual([
      'failed names h:1: the name does not resolve: why',
      'failed connect h:2: no connection: why',
      'failed tls 10.0.0.1:8503: no trusted answer over TLS: why',
    ])
    const some = wrongWith(dialling, DURING, [outcome('done', 0), outcome('connect', 1)])
    expect(some).toContain('warn connect h:2: no connection: why')
  })
})

it('the broken hop is the first that failed, and the state only where nothing else did', () => {
  const state = failed('state', '', 'FAILING', '')
  const exports = failed('exports', '', '', '')
  expect(brokenHop([state, exports, failed('tls', '', '', '')])?.check).toBe('tls')
  expect(brokenHop([state, warn('exports', '', '')])?.check).toBe('state')
  expect(brokenHop([ok('state', '', '')])).toBeUndefined()
})
