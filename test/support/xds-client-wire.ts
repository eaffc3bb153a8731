// The bytes a simulated Envoy reads and writes: gRPC frames, delta requests and responses, and the few fields of clusters and
// listeners that say what to ask for next. Decodes no more than that, so that it stays cheap.

import { type ResourceType, typeUrls } from '../../src/core/envoy/resource.ts'
import { typeOfUrl } from '../../src/core/xds/order.ts'
import { bytesSize, stringField, WireReader, WireWriter } from '../../src/lib/protobuf-wire.ts'

/** A request as the client puts it. */
export interface Ask {
  readonly type?: ResourceType
  readonly subscribe?: readonly string[]
  readonly unsubscribe?: readonly string[]
  readonly nonce?: string
  /** Refuses the response of that nonce. */
  readonly error?: string
  readonly versions?: ReadonlyMap<string, string>
  /** false leaves the node out of the first request. */
  readonly withNode?: boolean
}

export interface DeltaResponse {
  readonly type: ResourceType
  readonly nonce: string
  readonly resources: readonly { readonly name: string; readonly version: string; readonly message: Buffer }[]
  readonly removed: readonly string[]
  /** Bytes of the whole response. */
  readonly size: number
}

interface NodeInfo {
  readonly id: string
  readonly metadata?: Readonly<Record<string, string>>
}

/** A DeltaDiscoveryRequest; `node` goes into the first of a stream. */
export function encodeAsk(ask: Ask, node: NodeInfo | undefined): Buffer {
  const parts: Uint8Array[] = []
  if (node !== undefined) parts.push(nodeField(node))
  if (ask.type !== undefined) parts.push(stringField(2, typeUrls[ask.type]))
  for (const name of ask.subscribe ?? []) parts.push(stringField(3, name))
  for (const name of ask.unsubscribe ?? []) parts.push(stringField(4, name))
  for (const [name, version] of ask.versions ?? []) parts.push(nested(5, stringField(1, name), stringField(2, version)))
  if (ask.nonce !== undefined) parts.push(stringField(6, ask.nonce))
  if (ask.error !== undefined) parts.push(nested(7, Buffer.from([8, 13]), stringField(2, ask.error)))
  return Buffer.concat(parts)
}

/** `user_agent_name` and `user_agent_build_version`, as Envoy 1.29.0 gives them: some servers insist on a version. */
const userAgent = [stringField(6, 'envoy'), nested(8, nested(1, Buffer.from([8, 1, 16, 29])))]

/** `node: {id, metadata}` and who speaks; the metadata is a Struct of strings. */
function nodeField({ id, metadata = {} }: NodeInfo): Buffer {
  const entries = Object.entries(metadata).map(([key, value]) =>
    nested(1, stringField(1, key), nested(2, stringField(3, value))),
  )
  return nested(1, stringField(1, id), nested(3, ...entries), ...userAgent)
}

function nested(field: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return new WireWriter(bytesSize(field, content.length)).bytes(field, content).finish()
}

export function decodeDeltaResponse(bytes: Buffer): DeltaResponse {
  const reader = new WireReader(bytes)
  const resources: DeltaResponse['resources'][number][] = []
  const removed: string[] = []
  let type: ResourceType | undefined
  let nonce = ''
  while (reader.next()) {
    if (reader.field === 2) resources.push(decodeResource(reader.bytes()))
    else if (reader.field === 4) type = typeOfUrl(reader.string())
    else if (reader.field === 5) nonce = reader.string()
    else if (reader.field === 6) removed.push(reader.string())
    else reader.skip()
  }
  if (type === undefined) throw new Error('response of unknown type')
  return { type, nonce, resources, removed, size: bytes.length }
}

function decodeResource(bytes: Buffer): DeltaResponse['resources'][number] {
  const reader = new WireReader(bytes)
  let name = ''
  let version = ''
  let message: Buffer = Buffer.alloc(0)
  while (reader.next()) {
    if (reader.field === 1) version = reader.string()
    else if (reader.field === 2) message = field(reader.bytes(), 2)[0] ?? message
    else if (reader.field === 3) name = reader.string()
    else reader.skip()
  }
  return { name, version, message }
}

/** The length-delimited values of one field. */
function field(bytes: Buffer, number: number): Buffer[] {
  const reader = new WireReader(bytes)
  const values: Buffer[] = []
  while (reader.next()) {
    if (reader.field === number && reader.wireType === 2) values.push(reader.bytes())
    else reader.skip()
  }
  return values
}

const eds = 3

/** What an encoded Cluster asks for by EDS: nothing, `eds_cluster_config.service_name`, or its own name. */
export function endpointsNamed(cluster: Buffer): readonly string[] {
  const reader = new WireReader(cluster)
  let type = 0
  let name = ''
  let serviceName: string | undefined
  while (reader.next()) {
    if (reader.field === 1) name = reader.string()
    else if (reader.field === 2) type = reader.varint()
    else if (reader.field === 3) serviceName = field(reader.bytes(), 2)[0]?.toString()
    else reader.skip()
  }
  return type === eds ? [serviceName ?? name] : []
}

const manager = 'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager'

/** What an encoded Listener asks for by RDS: `filter_chains.filters.typed_config.rds.route_config_name`. */
export function routesNamed(listener: Buffer): readonly string[] {
  const chains = [...field(listener, 3), ...field(listener, 25)]
  const configs = chains.flatMap(chain => field(chain, 3)).flatMap(filter => field(filter, 4))
  const managers = configs.filter(config => field(config, 1)[0]?.toString() === manager)
  const rds = managers.flatMap(config => field(config, 2)).flatMap(content => field(content, 3))
  return [...new Set(rds.flatMap(content => field(content, 2)).map(String))]
}

/** One gRPC message, uncompressed. */
export function frame(message: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(message.length + 5)
  framed[0] = 0
  framed.writeUInt32BE(message.length, 1)
  framed.set(message, 5)
  return framed
}

/** Puts gRPC messages together from pieces as they come. */
export class Frames {
  #pieces: Buffer[] = []
  #length = 0

  add(piece: Buffer): readonly Buffer[] {
    this.#pieces.push(piece)
    this.#length += piece.length
    if (this.#length < this.#needed()) return []

    let rest = this.#pieces.length === 1 ? piece : Buffer.concat(this.#pieces)
    const messages: Buffer[] = []
    while (rest.length >= 5 && rest.length >= 5 + rest.readUInt32BE(1)) {
      const end = 5 + rest.readUInt32BE(1)
      messages.push(rest.subarray(5, end))
      rest = rest.subarray(end)
    }
    this.#pieces = rest.length === 0 ? [] : [rest]
    this.#length = rest.length
    return messages
  }

  /** Bytes the first message takes with its header, as far as that is known. */
  #needed(): number {
    const first = this.#pieces[0]
    return first === undefined || first.length < 5 ? 5 : 5 + first.readUInt32BE(1)
  }
}
