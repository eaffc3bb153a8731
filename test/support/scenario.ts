// A scenario file as a store: what is registered where, which entries there are, what other datacenters say.
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parse } from 'yaml'
import { decodeEntry } from '../../src/core/entries/index.ts'
import { type ExpandContext, expandService } from '../../src/core/local/expand-service.ts'
import { checkDefinition, type HealthCheck, type Status } from '../../src/core/model/check.ts'
import { type CheckServiceNode, type Leaf, remoteConnectKey, remoteGatewaysKey } from '../../src/core/model/fact.ts'
import type { CatalogNode } from '../../src/core/model/node.ts'
import { type NewPeering, peeringKey } from '../../src/core/model/peering.ts'
import type { Unindexed } from '../../src/core/model/row.ts'
import { instanceKey, type ServiceInstance, serviceDefinition } from '../../src/core/model/service.ts'
import { peeredSni, peeringServerName } from '../../src/core/model/sni.ts'
import { spiffeUri } from '../../src/core/model/spiffe.ts'
import { serviceName } from '../../src/core/model/tenancy.ts'
import { type ProxyState, proxySnapshot, type ReadyProxy } from '../../src/core/proxies/follow.ts'
import type { Command } from '../../src/core/store/commands.ts'
import type { ImportedInstance } from '../../src/core/store/import-commands.ts'
import { reduce } from '../../src/core/store/reduce.ts'
import { Store, type Watch } from '../../src/core/store/store.ts'
import type { Self } from '../../src/core/store/view.ts'
import { decode } from '../../src/lib/schema.ts'

export const TRUST_DOMAIN = '11111111-2222-3333-4444-555555555555.consul'

type Definition = Readonly<Record<string, unknown>>

/** An instance as a scenario writes it: a whole definition, or in short a sidecar of a service or a mesh gateway. */
export interface ScenarioService {
  /** A service definition in any spelling; with `sidecarOf` or `gateway`, more fields of it. */
  readonly definition?: Definition
  /** Stands for a connect-proxy of this service. */
  readonly sidecarOf?: string
  /** Stands for a mesh gateway with this id. */
  readonly gateway?: string
  /** `<address>:<port>` of a short one, and the same as seen from elsewhere. */
  readonly at?: string
  readonly wan?: string
  /** The node's name and address; each instance has a node of its own unless it says otherwise. */
  readonly node?: string
  readonly nodeAddress?: string
  readonly nodeWan?: string
  readonly status?: Status
  /** The admin partition of the instance and its node; `default` unless given. */
  readonly partition?: string
}

export interface ScenarioCheck {
  readonly id: string
  readonly service: string
  readonly exposedPort?: number
  readonly definition: unknown
}

export interface ScenarioRemote {
  /** By service name: the sidecars that another datacenter reports. */
  readonly services?: Readonly<Record<string, readonly ScenarioService[]>>
  /** Absent while the datacenter has not said which gateways it has. */
  readonly gateways?: readonly ScenarioService[]
}

/** A peer by our name for it: what came from there. */
export interface ScenarioPeer {
  readonly trustDomain: string
  /** The partition it exports from. */
  readonly exports?: string
  /** Absent while its roots have not come. */
  readonly roots?: readonly string[]
  readonly services?: Readonly<Record<string, ScenarioPeerService>>
  /** Where its servers are dialled; it is the other side that dials unless given. */
  readonly servers?: readonly string[]
}

/** A peer's service: its protocol, the peer's mesh gateways in front of it, and, unless as expected, whom it is expected to be. */
export interface ScenarioPeerService {
  readonly protocol?: string
  readonly gateways: readonly ScenarioService[]
  readonly sni?: string
}

export interface Scenario {
  readonly title: string
  /** A file whose services, entries and remotes come first. */
  readonly extends?: string
  readonly defaultIntentions?: 'allow' | 'deny'
  /** Admin partitions beside `default`. */
  readonly partitions?: readonly string[]
  readonly services: readonly ScenarioService[]
  readonly entries?: readonly unknown[]
  readonly remote?: Readonly<Record<string, ScenarioRemote>>
  readonly peers?: Readonly<Record<string, ScenarioPeer>>
  /** Checks that the agent runs itself. */
  readonly localChecks?: readonly ScenarioCheck[]
  /** Id of the proxy to show. */
  readonly proxy: string
  /** More of the shown proxy's registration: fields of its definition, and of its Proxy.Config. */
  readonly registration?: Definition
  readonly config?: Definition
  /** Resource types in the golden file; all of them unless given. */
  readonly show?: readonly string[]
  /** Starts of the names of resources in the golden file; all of them unless given. */
  readonly only?: readonly string[]
  /** Clusters whose endpoints are meant to be unknown. */
  readonly unknown?: readonly string[]
  /** What the operator is told about the configuration. */
  readonly issues?: readonly string[]
}

export function readScenario(path: string): Scenario {
  const own = parse(readFileSync(path, 'utf8')) as Scenario
  if (own.extends === undefined) return own
  const from = readScenario(join(dirname(path), own.extends))
  const services = [...from.services, ...(own.services ?? [])]
  return {
    ...from,
    ...own,
    entries: [...(from.entries ?? []), ...(own.entries ?? [])],
    remote: { ...from.remote, ...own.remote },
    peers: { ...from.peers, ...own.peers },
    services: services.map(service => (idOf(service) === (own.proxy ?? from.proxy) ? adjusted(service, own) : service)),
  }
}

function idOf(service: ScenarioService): unknown {
  return definitionOf(service).id
}

function adjusted(service: ScenarioService, { registration: more, config }: Scenario): ScenarioService {
  const definition = definitionOf(service)
  const proxy = { ...(definition.proxy as Definition), ...(more?.proxy as Definition), ...(config ? { config } : {}) }
  return { ...service, definition: { ...definition, ...more, proxy } }
}

/** Options that hold JSON as text are written as plain YAML in scenarios. */
function withJsonTexts(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withJsonTexts)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).map(([key, field]): [string, unknown] => {
    const isText = key.endsWith('_json') && typeof field === 'object'
    return [key, isText ? JSON.stringify(field) : withJsonTexts(field)]
  })
  return Object.fromEntries(fields)
}

/** The whole definition that a service stands for. */
function definitionOf({ definition, sidecarOf, gateway, at, wan }: ScenarioService): Definition {
  if (sidecarOf === undefined && gateway === undefined) return definition ?? {}
  const wanAddress = wan === undefined ? {} : { tagged_addresses: { wan: addressOf(wan) } }
  const place = { ...(at === undefined ? {} : addressOf(at)), ...wanAddress }
  if (gateway !== undefined) return { kind: 'mesh-gateway', id: gateway, name: 'mesh-gateway', ...place, ...definition }
  const id = `${sidecarOf}-sidecar-proxy`
  return {
    kind: 'connect-proxy',
    id,
    name: id,
    proxy: { destination_service_name: sidecarOf },
    ...place,
    ...definition,
  }
}

function addressOf(text: string): { readonly address: string; readonly port: number } {
  const colon = text.lastIndexOf(':')
  return { address: text.slice(0, colon).replace(/^\[|\]$/g, ''), port: Number(text.slice(colon + 1)) }
}

export const testSelf: Self = {
  node: 'node1',
  nodeId: '00000000-0000-0000-0000-000000000001',
  datacenter: 'dc1',
  primaryDatacenter: 'dc1',
  partition: 'default',
  isServer: true,
  domain: 'consul',
  address: '10.0.0.1',
  defaultAllow: true,
}

/** A store in datacenter dc1 that holds all the scenario says. */
export function scenarioStore(scenario: Scenario, certificates: Certificates = madeUp): Store {
  const store = new Store({ ...testSelf, defaultAllow: scenario.defaultIntentions !== 'deny' })
  giveRoots(store, certificates.rootPem)
  for (const Name of scenario.partitions ?? []) {
    run(store, { type: 'set-partition', partition: { Name, Description: '' } })
  }
  for (const service of scenario.services) run(store, registration(service, 'dc1'))
  for (const input of scenario.entries ?? []) {
    const entry = decodeEntry(input)
    if (!entry.ok) throw new Error(JSON.stringify(entry.issues))
    run(store, { type: 'set-entry', entry: entry.value })
  }
  for (const [datacenter, remote] of Object.entries(scenario.remote ?? {})) giveRemote(store, datacenter, remote)
  for (const [name, peer] of Object.entries(scenario.peers ?? {})) givePeer(store, name, peer, certificates)
  for (const check of scenario.localChecks ?? []) giveLocalCheck(store, check)
  return store
}

/** The table key of the scenario's proxy. */
export function proxyKey(scenario: Scenario): string {
  const service = scenario.services.find(each => idOf(each) === scenario.proxy)
  if (service === undefined) throw new Error(`no service with id ${scenario.proxy}`)
  return instanceKey(instanceOf(service))
}

/** Follows a proxy, gives it the certificates it waits for, and returns the watch. */
export function followProxy(
  store: Store,
  key: string,
  { certificates = madeUp, onChange = () => {} }: { certificates?: Certificates; onChange?: () => void } = {},
): Watch<ProxyState> {
  const watch = store.watch(proxySnapshot, key, onChange)
  const { value } = watch.current()
  if (value.state !== 'waiting') return watch
  for (const { key: uri } of value.for) store.setFact('leaf', uri, leafOf(uri, certificates))
  return watch
}

/** What a followed proxy is built from; it must be known. */
export function readyProxy(watch: Watch<ProxyState>): ReadyProxy {
  const { value } = watch.current()
  if (value.state !== 'ready') throw new Error(`not ready: ${JSON.stringify(value)}`)
  return value
}

/** Runs a command the way an engine would. */
export function run(store: Store, command: Command): void {
  const result = reduce(store, command)
  if (!result.ok) throw result.fault
  store.apply(result.writes, store.revision + 1)
}

/** Where the certificates of a scenario come from. */
export interface Certificates {
  readonly rootPem: string
  leaf(uri: string): { readonly certPem: string; readonly privateKeyPem: string }
  /** The PEM of a peer's root that a scenario calls by this text. */
  peerRoot(text: string): string
}

/** Texts that are easy to read and no certificates at all. */
const madeUp: Certificates = {
  rootPem: 'ROOT CERTIFICATE\n',
  peerRoot: text => text,
  leaf(uri) {
    const name = uri.slice(uri.lastIndexOf('/') + 1)
    return { certPem: `CERTIFICATE OF ${name}\n`, privateKeyPem: `KEY OF ${name}\n` }
  },
}

export function leafOf(uri: string, certificates: Certificates = madeUp): Leaf {
  return { ...certificates.leaf(uri), serialNumber: '01', spiffeUri: uri, validAfter: 0, validBefore: 1e15 }
}

/** The identity of a service of dc1. */
export function serviceUri(service: string): string {
  const place = { trustDomain: TRUST_DOMAIN, partition: 'default', namespace: 'default', datacenter: 'dc1' }
  return spiffeUri({ kind: 'service', ...place, service })
}

export function registration(service: ScenarioService, datacenter: string): Command {
  const instance = instanceOf(service)
  return {
    type: 'register',
    node: nodeOf(service, datacenter),
    skipNodeUpdate: false,
    services: [instance],
    checks: checksOf(service, instance),
  }
}

function giveRoots(store: Store, pem: string): void {
  const root = { ID: 'root1', Name: 'Root', RootCert: pem, Active: true }
  const row = { ActiveRootID: 'root1', TrustDomain: TRUST_DOMAIN, Roots: [root] }
  store.apply([{ table: 'caRoots', key: '', row }], store.revision + 1)
}

function giveLocalCheck(store: Store, { id, service, exposedPort = 0, definition }: ScenarioCheck): void {
  const decoded = decode(checkDefinition, definition, { weak: true })
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.issues))
  const place = { Partition: 'default', Namespace: 'default', ServiceID: service }
  const row = { ...place, CheckID: id, ExposedPort: exposedPort, Definition: decoded.value }
  store.apply([{ table: 'localChecks', key: id, row }], 1, 'local')
}

function giveRemote(store: Store, datacenter: string, remote: ScenarioRemote): void {
  const Name = `server.${datacenter}`
  const place = { Node: 'server', Datacenter: datacenter, Address: '192.0.2.1', Port: 8302, RpcPort: 8300 }
  run(store, { type: 'set-member', member: { Name, ...place, Status: 'alive', Tags: {} } })
  for (const [name, services] of Object.entries(remote.services ?? {})) {
    const value = services.map(service => remoteInstance(service, datacenter))
    store.setFact('remote-connect', remoteConnectKey(datacenter, serviceName(name)), { value, fresh: true })
  }
  // A datacenter that has never said which gateways it has was asked nevertheless.
  const value = remote.gateways?.map(gateway => remoteInstance(gateway, datacenter))
  store.setFact('remote-gateways', remoteGatewaysKey(datacenter, 'default'), { value, fresh: value !== undefined })
}

/** Puts into the store what a peer says; what it said before about the same services is replaced. */
export function givePeer(store: Store, name: string, peer: ScenarioPeer, certificates = madeUp): void {
  const { trustDomain, exports: ExportedPartition = '', servers } = peer
  const RootPEMs = peer.roots?.map(certificates.peerRoot)
  const id = `id-of-${name}`
  const dialed = {
    PeerID: servers === undefined ? '' : `${name}-id`,
    PeerServerName: servers === undefined ? '' : peeringServerName('dc1', trustDomain),
    PeerServerAddresses: servers ?? [],
  }
  const peering: NewPeering = {
    ...dialed,
    ID: id,
    Name: name,
    Partition: 'default',
    Meta: {},
    State: 'ACTIVE',
    DeletedAt: '',
    PeerCAPems: [],
    ManualServerAddresses: [],
    TokenServerAddresses: [],
    Remote: { Partition: '', Datacenter: 'dc1' },
  }
  store.apply([{ table: 'peerings', key: peeringKey(peering), row: peering }], store.revision + 1)
  if (RootPEMs !== undefined) {
    run(store, { type: 'import-bundle', id, bundle: { TrustDomain: trustDomain, RootPEMs, ExportedPartition } })
  }
  for (const [service, imported] of Object.entries(peer.services ?? {})) {
    const instances = imported.gateways.map((gateway, i) =>
      importedGateway(gateway, { i, service, imported, trustDomain }),
    )
    run(store, {
      type: 'import-service',
      id,
      service: { Name: `${service}-sidecar-proxy`, Namespace: 'default' },
      instances,
    })
  }
}

interface Imported {
  readonly i: number
  readonly service: string
  readonly imported: ScenarioPeerService
  readonly trustDomain: string
}

/** A peer knows this cluster as `us`. */
function importedGateway(gateway: ScenarioService, { i, service, imported, trustDomain }: Imported): ImportedInstance {
  const { Kind, ...instance } = instanceOf({ gateway: `${service}-sidecar-proxy-instance-${i}`, ...gateway })
  const place = { trustDomain, partition: 'default', datacenter: 'dc1' }
  const PeerMeta = {
    SNI: [imported.sni ?? peeredSni({ service, namespace: 'default', partition: 'default' }, 'us', trustDomain)],
    SpiffeID: [
      spiffeUri({ kind: 'service', ...place, namespace: 'default', service }),
      spiffeUri({ kind: 'mesh-gateway', ...place }),
    ],
    Protocol: imported.protocol ?? 'tcp',
  }
  return {
    node: nodeOf(gateway, 'dc1'),
    service: {
      ...instance,
      Kind: 'connect-proxy',
      Connect: { Native: false, PeerMeta },
      Proxy: { ...instance.Proxy, DestinationServiceName: service },
    },
    checks: checksOf(gateway, { ...instance, Kind }),
  }
}

function remoteInstance(service: ScenarioService, datacenter: string): CheckServiceNode {
  const indexes = { CreateIndex: 1, ModifyIndex: 1 }
  const instance = instanceOf(service)
  return {
    Node: { ...nodeOf(service, datacenter), ...indexes },
    Service: { ...instance, ...indexes },
    Checks: checksOf(service, instance).map(check => ({ ...check, ...indexes })),
  }
}

function nodeOf(service: ScenarioService, datacenter: string): Unindexed<CatalogNode> {
  return {
    ID: '',
    Node: nodeName(service),
    Address: service.nodeAddress ?? '10.0.0.1',
    Datacenter: datacenter,
    Partition: service.partition ?? 'default',
    PeerName: '',
    TaggedAddresses: service.nodeWan === undefined ? {} : { wan: service.nodeWan },
    Meta: {},
  }
}

function nodeName({ node, at }: ScenarioService): string {
  return node ?? (at === undefined ? 'node1' : `node-${at.replace(/[^a-z0-9]+/gi, '-')}`)
}

export function instanceOf(service: ScenarioService): Unindexed<ServiceInstance> {
  const decoded = decode(serviceDefinition, withJsonTexts(definitionOf(service)), { weak: true })
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.issues))
  const context: ExpandContext = {
    node: nodeName(service),
    partition: service.partition ?? 'default',
    origin: 'api',
    scripts: false,
    sidecarPorts: { min: 21000, max: 21255 },
    portOf: () => undefined,
    isPortTaken: () => false,
  }
  const expansion = expandService(decoded.value, context)
  if (!expansion.ok) throw new Error(JSON.stringify(expansion.issues))
  const [first] = expansion.expanded.services
  if (first === undefined) throw new Error('a definition makes at least one instance')
  return first.Instance
}

function checksOf(service: ScenarioService, instance: Unindexed<ServiceInstance>): Unindexed<HealthCheck>[] {
  if (service.status === undefined) return []
  return [
    {
      Node: instance.Node,
      CheckID: `service:${instance.ID}`,
      Name: 'check',
      Status: service.status,
      Notes: '',
      Output: '',
      ServiceID: instance.ID,
      ServiceName: instance.Service,
      ServiceTags: [],
      Type: 'ttl',
      Interval: '',
      Timeout: '',
      ExposedPort: 0,
      Partition: instance.Partition,
      Namespace: 'default',
      PeerName: '',
      Definition: {},
    },
  ]
}
