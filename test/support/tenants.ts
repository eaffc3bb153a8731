// Random tenants: partitions and namespaces that all use the same names for different things. Whatever a tenant writes carries a
// mark that occurs nowhere else, so that any text tells whose things are in it.

import fc from 'fast-check'
import { entryKey } from '../../src/core/entries/define-entry.ts'
import { decodeEntry, type EntryKindName } from '../../src/core/entries/index.ts'
import { STATUSES } from '../../src/core/model/check.ts'
import { instanceKey, type ServiceInstance } from '../../src/core/model/service.ts'
import { joinKey, type Tenancy } from '../../src/core/model/tenancy.ts'
import type { Command } from '../../src/core/store/commands.ts'
import { reduce } from '../../src/core/store/reduce.ts'
import type { Store } from '../../src/core/store/store.ts'
import type { State } from '../../src/core/store/view.ts'
import { checkRow, nodeRow, registering, serviceRow } from './catalog-rows.ts'

export const PARTITIONS = ['default', 'finance', 'sales'] as const
export const NAMESPACES = ['default', 'dev'] as const
export const SERVICES = ['web', 'api', 'db'] as const
export const NODES = ['n0', 'n1'] as const
export const PEERS = ['east'] as const
export const GROUPS = ['same'] as const
export const LEGACY_IDS = ['11111111-0000-4000-8000-000000000000', '11111111-0000-4000-8000-000000000001'] as const

/** Who wrote something, and about which service if it is about one. */
export interface Owner {
  readonly partition: string
  /** Undefined for what belongs to the partition as a whole. */
  readonly namespace: string | undefined
  readonly service: string | undefined
  readonly isGateway: boolean
}

export interface World {
  readonly commands: readonly Command[]
  /** By mark; an address is a mark too. */
  readonly owners: ReadonlyMap<string, Owner>
  /** The proxies among the instances, by table key. */
  readonly proxies: ReadonlyMap<string, Pick<ServiceInstance, 'Partition' | 'Namespace' | 'Kind'>>
}

const MARK = /\bzz\d+zz\b|\b10\.\d+\.\d+\.\d+\b/g

/** The marks in a text, each once. */
export function marksIn(text: string): readonly string[] {
  return [...new Set(text.match(MARK))]
}

const place = fc.record({ Partition: fc.constantFrom(...PARTITIONS), Namespace: fc.constantFrom(...NAMESPACES) })
const service = fc.constantFrom(...SERVICES)
const destination = fc.record({ place, service })

const instance = fc.record({
  what: fc.constant('instance' as const),
  place,
  service,
  node: fc.constantFrom(...NODES),
  kind: fc.constantFrom('' as const, 'connect-proxy' as const, 'connect-proxy' as const, 'mesh-gateway' as const),
  status: fc.constantFrom(...STATUSES),
  upstreams: fc.array(fc.record({ to: destination, mode: fc.constantFrom('', 'none', 'local', 'remote') }), {
    maxLength: 3,
  }),
})

const KINDS = [
  'exported-services',
  'mesh',
  'proxy-defaults',
  'service-defaults',
  'service-intentions',
  'service-resolver',
  'service-router',
  'service-splitter',
  'sameness-group',
] as const satisfies readonly EntryKindName[]

/** Does not compile while a kind of entry is missing above. */
export const EVERY_KIND: Exclude<EntryKindName, (typeof KINDS)[number]> extends never ? true : never = true

const entry = fc.record({
  what: fc.constant('entry' as const),
  kind: fc.constantFrom(...KINDS),
  place,
  service,
  to: destination,
  /** Which of several forms an entry takes. */
  form: fc.nat({ max: 3 }),
})

const other = fc.record({
  what: fc.constantFrom('agent' as const, 'peering' as const, 'intention' as const),
  place,
  node: fc.constantFrom(...NODES),
})

type Thing = Instance | Entry | Other
type Instance = typeof instance extends fc.Arbitrary<infer T> ? T : never
type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never
type Other = typeof other extends fc.Arbitrary<infer T> ? T : never

/** Worlds with all partitions and namespaces there are; what is in them differs. */
export const world: fc.Arbitrary<World> = fc
  .array(
    fc.oneof({ weight: 5, arbitrary: instance }, { weight: 5, arbitrary: entry }, { weight: 1, arbitrary: other }),
    {
      minLength: 10,
      maxLength: 40,
      size: 'max',
    },
  )
  .map(worldOf)

/** In every world, so that no route is without anything to show. */
const ALWAYS: readonly Other[] = PARTITIONS.flatMap(Partition =>
  NAMESPACES.flatMap(Namespace =>
    (['agent', 'peering', 'intention'] as const).flatMap(what =>
      NODES.map(node => ({ what, place: { Partition, Namespace }, node })),
    ),
  ),
)

function worldOf(things: readonly Thing[]): World {
  const marks = new Marks()
  const partitions = PARTITIONS.filter(name => name !== 'default')
  const tenancies: Command[] = [
    ...partitions.map((Name): Command => ({ type: 'set-partition', partition: { Name, Description: '' } })),
    ...PARTITIONS.map((Partition): Command => {
      const namespace = {
        Name: 'dev',
        Partition,
        Description: marks.of({ Partition }),
        Meta: { key: marks.of({ Partition }) },
      }
      return { type: 'set-namespace', namespace }
    }),
  ]
  const made = [...ALWAYS, ...things].flatMap(thing => commandsOf(thing, marks))
  // The protocol is the same everywhere, so that chains across tenants compile and routers are of use.
  const Members = PARTITIONS.map(Partition => ({ Partition }))
  const groups = PARTITIONS.map(Partition =>
    entryCommand({ Kind: 'sameness-group', Name: GROUPS[0], Partition, Members }),
  )
  const protocols = PARTITIONS.map(Partition =>
    entryCommand({ Kind: 'proxy-defaults', Name: 'global', Partition, Config: { protocol: 'http' } }),
  )
  const proxies = new Map(
    made
      .flatMap(command => (command.type === 'register' ? command.services : []))
      .flatMap(row => {
        return row.Kind === '' ? [] : [[instanceKey(row), row] as const]
      }),
  )
  return {
    commands: [...tenancies, ...protocols.flat(), ...groups.flat(), ...made],
    owners: marks.owners,
    proxies,
  }
}

/** What partitions export at the moment: a test whether somebody's service is shown to a partition. */
export function exportsIn(state: State): (owner: Owner, to: string) => boolean {
  const exported = new Set<string>()
  for (const partition of PARTITIONS) {
    for (const row of state.list('entries', 'kind', joinKey('exported-services', partition))) {
      if (row.Kind !== 'exported-services') continue
      for (const { Name, Namespace = 'default', Consumers } of row.Services ?? []) {
        for (const { Partition, SamenessGroup } of Consumers) {
          const group =
            SamenessGroup && state.get('entries', entryKey('sameness-group', SamenessGroup, partition, 'default'))
          const members = group && group.Kind === 'sameness-group' ? group.Members : [{ Partition }]
          for (const member of members) exported.add(joinKey(partition, member.Partition ?? '', Namespace, Name))
        }
      }
    }
  }
  return ({ partition, namespace = '', service = '' }, to) =>
    ['*', namespace].some(ns => ['*', service].some(name => exported.has(joinKey(partition, to, ns, name))))
}

interface About {
  readonly Partition: string
  readonly Namespace?: string
  readonly service?: string
  readonly isGateway?: boolean
}

/** Hands out marks and remembers whose they are. */
class Marks {
  readonly owners = new Map<string, Owner>()

  of(about: About): string {
    return this.#note(`zz${this.owners.size}zz`, about)
  }

  address(about: About): string {
    const number = this.owners.size
    return this.#note(`10.${1 + (number >> 14)}.${(number >> 7) & 127}.${1 + (number & 127)}`, about)
  }

  #note(mark: string, { Partition, Namespace, service, isGateway = false }: About): string {
    this.owners.set(mark, { partition: Partition, namespace: Namespace, service, isGateway })
    return mark
  }
}

function commandsOf(thing: Thing, marks: Marks): readonly Command[] {
  switch (thing.what) {
    case 'instance':
      return [registration(thing, marks)]
    case 'entry':
      return entryCommand(documentOf(thing, marks))
    default:
      return [otherCommand(thing, marks)]
  }
}

function registration({ place, service, node, kind, status, upstreams }: Instance, marks: Marks): Command {
  const isGateway = kind === 'mesh-gateway'
  // Gateways serve a whole partition and are in its default namespace.
  const where = isGateway ? { ...place, Namespace: 'default' } : place
  const partition = { Partition: place.Partition }
  const about = { ...where, service, isGateway }
  const name = isGateway ? 'mesh-gateway' : kind === '' ? service : `${service}-sidecar-proxy`
  const Upstreams = upstreams.map(({ to, mode }, i) => ({
    DestinationType: 'service' as const,
    DestinationName: to.service,
    DestinationNamespace: to.place.Namespace,
    DestinationPartition: to.place.Partition,
    LocalBindPort: 9000 + i,
    MeshGateway: mode === '' ? {} : { Mode: mode as 'none' | 'local' | 'remote' },
  }))
  const proxied = { DestinationServiceName: service, MeshGateway: {}, Expose: {}, Upstreams }
  const row = serviceRow(node, name, {
    ...where,
    Kind: kind,
    ID: `${name}-1`,
    Address: marks.address(about),
    Port: 8080,
    Tags: [marks.of(about)],
    Meta: { key: marks.of(about) },
    Proxy: kind === 'connect-proxy' ? proxied : { MeshGateway: {}, Expose: {} },
  })
  const check = { ...where, Status: status, ServiceID: row.ID, ServiceName: name, Output: marks.of(about) }
  return registering(
    // A node of a gateway lends it no address, so it may be shown to nobody else.
    nodeRow(node, { ...partition, Address: marks.address(partition), Meta: { key: marks.of(partition) } }),
    [row],
    [
      checkRow(node, `c-${row.ID}`, check),
      checkRow(node, 'node-check', { ...partition, Notes: marks.of(partition), Status: status }),
    ],
  )
}

function documentOf({ kind, place, service, to, form }: Entry, marks: Marks): object {
  const about = { ...place, service }
  const partition = { Partition: place.Partition }
  const there = { Service: to.service, Namespace: to.place.Namespace, Partition: to.place.Partition }
  const own = { Kind: kind, Name: service, ...place, Meta: { key: marks.of(about) } }
  const whole = { Kind: kind, Partition: place.Partition, Meta: { key: marks.of(partition) } }
  switch (kind) {
    case 'mesh':
      return { ...whole, Name: 'mesh' }
    case 'proxy-defaults': {
      const AccessLogs = { Enabled: true, TextFormat: marks.of(partition) }
      return { ...whole, Name: 'global', Config: { protocol: 'http', note: marks.of(partition) }, AccessLogs }
    }
    case 'exported-services': {
      const named = [service, '*', service, '*'][form]
      const Namespace = form === 3 ? '*' : place.Namespace
      const Consumers = PARTITIONS.filter(each => each !== place.Partition && (form > 0 || each === to.place.Partition))
      if (form === 2) {
        const consumer = { SamenessGroup: GROUPS[0] }
        return { ...whole, Name: place.Partition, Services: [{ Name: service, Namespace, Consumers: [consumer] }] }
      }
      const services =
        Consumers.length === 0
          ? []
          : [{ Name: named, Namespace, Consumers: Consumers.map(each => ({ Partition: each })) }]
      return { ...whole, Name: place.Partition, Services: services }
    }
    case 'sameness-group': {
      const Members = PARTITIONS.filter(each => form > 1 || each !== to.place.Partition).map(each => ({
        Partition: each,
      }))
      return { ...whole, Name: GROUPS[0], DefaultForFailover: form % 2 === 1, IncludeLocal: form > 0, Members }
    }
    case 'service-defaults':
      return { ...own, Protocol: 'http', ...(form === 0 ? { ExternalSNI: marks.of(about) } : {}) }
    case 'service-intentions': {
      const source = { Name: to.service, Namespace: to.place.Namespace, Partition: to.place.Partition, Action: 'allow' }
      const Permissions = [{ Action: 'deny', HTTP: { PathPrefix: `/${marks.of(about)}` } }]
      const { Action, ...bare } = source
      const more = form === 0 ? { ...bare, Permissions } : source
      if (form === 1) return { ...own, Sources: [{ Name: '*', SamenessGroup: GROUPS[0], Action: 'deny' }] }
      return { ...own, Sources: [{ ...more, Description: marks.of(about) }] }
    }
    case 'service-resolver': {
      const subset = marks.of(about)
      const Subsets = { [subset]: { Filter: `Service.Meta.key == "${marks.of(about)}"` } }
      const same = { SamenessGroup: GROUPS[0] }
      if (form === 3) return { ...own, ...(to.service === 'web' ? { Redirect: same } : { Failover: { '*': same } }) }
      const forms = [
        { Redirect: there },
        { Subsets, DefaultSubset: subset },
        { Failover: { '*': { Targets: [there] } } },
        {},
      ]
      return { ...own, ConnectTimeout: '7s', ...forms[form] }
    }
    case 'service-router':
      return { ...own, Routes: [{ Match: { HTTP: { PathPrefix: `/${marks.of(about)}` } }, Destination: there }] }
    case 'service-splitter': {
      const RequestHeaders = { Set: { 'x-mark': marks.of(about) } }
      return {
        ...own,
        Splits: [
          { Weight: 60, RequestHeaders },
          { Weight: 40, ...there, RequestHeaders },
        ],
      }
    }
  }
}

/** Nothing for what is no valid entry, such as a splitter that names itself twice. */
function entryCommand(document: object): readonly Command[] {
  const decoded = decodeEntry(document)
  if (!decoded.ok) return []
  return [{ type: 'set-entry', entry: decoded.value, datacenter: 'dc1' }]
}

function otherCommand({ what, place, node }: Other, marks: Marks): Command {
  if (what === 'intention') {
    const legacy = { LegacyID: LEGACY_IDS[NODES.indexOf(node)] ?? '', LegacyMeta: { key: marks.of(place) } }
    const source = { Name: 'api', Type: 'consul' as const, Precedence: 0, Action: 'deny' as const, ...legacy }
    return { type: 'set-intention', destination: { Name: 'web', ...place }, source, isNew: false, datacenter: 'dc1' }
  }
  const { Partition } = place
  if (what === 'agent') {
    const agent = { Node: node, Partition, ID: marks.of({ Partition }), Address: marks.address({ Partition }) }
    return { type: 'set-agent', agent: { ...agent, Version: '1.0.0', Status: 'alive', Since: 0 } }
  }
  return {
    type: 'generate-peering',
    establishment: 'digest',
    peering: {
      ...{ ID: marks.of({ Partition }), Name: PEERS[0], Partition, Meta: { key: marks.of({ Partition }) } },
      ...{ State: 'PENDING', DeletedAt: '', PeerID: '', PeerCAPems: [], PeerServerName: '', PeerServerAddresses: [] },
      ...{ ManualServerAddresses: [], TokenServerAddresses: [], Remote: { Partition: '', Datacenter: '' } },
    },
  }
}

/** Runs commands one after the other; those that the state refuses, such as entries that contradict others, change nothing. */
export function runAll(store: Store, commands: readonly Command[]): readonly string[] {
  const refused: string[] = []
  for (const command of commands) {
    const reduced = reduce(store, command)
    if (reduced.ok) store.apply(reduced.writes, store.revision + 1)
    else refused.push(reduced.fault.message)
  }
  return refused
}

/** Whether a tenant may see what somebody wrote, apart from exports. */
export function isOwn(owner: Owner, { Partition, Namespace }: Tenancy): boolean {
  if (owner.partition !== Partition) return false
  return owner.namespace === undefined || Namespace === '*' || owner.namespace === Namespace
}
