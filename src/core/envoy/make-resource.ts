// From a protobuf message to a resource that streams can share: checked, encoded and hashed once, on first need.

import { type DescMessage, fromBinary, type Message } from '@bufbuild/protobuf'
import { type Cluster, Cluster_DiscoveryType, ClusterSchema } from '../../gen/envoy/config/cluster/v3/cluster_pb.ts'
import {
  type ClusterLoadAssignment,
  ClusterLoadAssignmentSchema,
} from '../../gen/envoy/config/endpoint/v3/endpoint_pb.ts'
import type { Filter } from '../../gen/envoy/config/listener/v3/listener_components_pb.ts'
import { type Listener, ListenerSchema } from '../../gen/envoy/config/listener/v3/listener_pb.ts'
import { type RouteConfiguration, RouteConfigurationSchema } from '../../gen/envoy/config/route/v3/route_pb.ts'
import { HttpConnectionManagerSchema } from '../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts'
import { type Secret, SecretSchema } from '../../gen/envoy/extensions/transport_sockets/tls/v3/secret_pb.ts'
import type { Issue } from '../../lib/schema.ts'
import { sha256Hex } from '../../lib/sha256.ts'
import { unpackAs } from './any.ts'
import { messageInChunk, resourceChunk } from './chunk.ts'
import { encodeMessage } from './encode-message.ts'
import type { Resource, ResourceType } from './resource.ts'
import { validateMessage } from './validate.ts'

/** The message of each type. */
export interface ResourceMessages {
  readonly secret: Secret
  readonly cluster: Cluster
  readonly endpoints: ClusterLoadAssignment
  readonly listener: Listener
  readonly route: RouteConfiguration
}

const schemas: Readonly<Record<ResourceType, DescMessage>> = {
  secret: SecretSchema,
  cluster: ClusterSchema,
  endpoints: ClusterLoadAssignmentSchema,
  listener: ListenerSchema,
  route: RouteConfigurationSchema,
}

/**
 * The resource for a message, which must not change from here on. The message is read when a stream first needs version or bytes,
 * and let go of then; `messageOf` reads it back from the bytes.
 */
export function makeResource<T extends ResourceType>(type: T, message: ResourceMessages[T]): Resource {
  return new SharedResource(type, message)
}

/** A resource for one proxy alone. `make` must give the same message each time; it is called again when bytes are needed again. */
export function makeOwnResource<T extends ResourceType>(type: T, make: () => ResourceMessages[T]): Resource {
  return new OwnResource(type, make)
}

/** The message of a resource, decoded afresh: exactly what Envoy is going to read. */
export function messageOf<T extends ResourceType>(resource: Resource & { readonly type: T }): ResourceMessages[T] {
  const message = fromBinary(schemas[resource.type], messageInChunk(resource.chunk))
  return message as Message as ResourceMessages[T]
}

/** The schema of the messages of a type. */
export function schemaOf(type: ResourceType): DescMessage {
  return schemas[type]
}

/** A message checked, encoded and hashed. */
export interface EncodedResource {
  readonly name: string
  readonly version: string
  /** The message. */
  readonly bytes: Uint8Array
  readonly children: readonly string[]
  readonly issues: readonly Issue[]
}

class SharedResource implements Resource {
  readonly type: ResourceType
  readonly name: string
  #message: ResourceMessages[ResourceType] | undefined
  #encoded: (Omit<EncodedResource, 'bytes'> & { readonly chunk: Uint8Array }) | undefined

  constructor(type: ResourceType, message: ResourceMessages[ResourceType]) {
    this.type = type
    this.name = nameOf(message)
    this.#message = message
  }

  get version(): string {
    return this.#encode().version
  }

  get chunk(): Uint8Array {
    return this.#encode().chunk
  }

  get children(): readonly string[] {
    return this.#encode().children
  }

  get issues(): readonly Issue[] {
    return this.#encode().issues
  }

  #encode() {
    if (this.#encoded !== undefined) return this.#encoded
    const { bytes, ...encoded } = encodeResource(this.type, this.#message!)
    this.#encoded = { ...encoded, chunk: resourceChunk(this.type, this.name, encoded.version, bytes) }
    this.#message = undefined
    return this.#encoded
  }
}

/**
 * Keeps its bytes only until they are read: the one proxy it is for is sent them once, as a rule. It can be made again, as the same
 * bytes, from what its configuration keeps anyway.
 */
class OwnResource implements Resource {
  readonly type: ResourceType
  readonly name: string
  readonly #make: () => ResourceMessages[ResourceType]
  #message: ResourceMessages[ResourceType] | undefined
  #version: string | undefined
  #chunk: Uint8Array | undefined
  #children: readonly string[] = none
  #issues: readonly Issue[] = fine

  constructor(type: ResourceType, make: () => ResourceMessages[ResourceType]) {
    this.type = type
    this.#make = make
    this.#message = make()
    this.name = nameOf(this.#message)
  }

  get version(): string {
    this.#version ?? this.#encode()
    return this.#version ?? ''
  }

  get chunk(): Uint8Array {
    const chunk = this.#chunk ?? this.#encode()
    this.#chunk = undefined
    return chunk
  }

  get children(): readonly string[] {
    this.#version ?? this.#encode()
    return this.#children
  }

  get issues(): readonly Issue[] {
    this.#version ?? this.#encode()
    return this.#issues
  }

  #encode(): Uint8Array {
    const { version, bytes, children, issues } = encodeResource(this.type, this.#message ?? this.#make())
    this.#message = undefined
    this.#version = version
    this.#children = children
    this.#issues = issues
    this.#chunk = resourceChunk(this.type, this.name, version, bytes)
    return this.#chunk
  }
}

function nameOf(message: ResourceMessages[ResourceType]): string {
  return message.$typeName === 'envoy.config.endpoint.v3.ClusterLoadAssignment' ? message.clusterName : message.name
}

/** 128 bits of the digest: enough to tell contents apart, and half the bytes in every response and reconnect. */
const VERSION_LENGTH = 32

/** The version of a resource with these contents. */
export function versionOf(contents: Uint8Array): string {
  return sha256Hex(contents).slice(0, VERSION_LENGTH)
}

/** Checks, encodes and hashes a message now. What cannot be encoded has an issue that says so. */
export function encodeResource(type: ResourceType, message: ResourceMessages[ResourceType]): EncodedResource {
  const schema = schemas[type]
  const name = nameOf(message)
  const found = validateMessage(schema, message)
  const issues = found.length === 0 ? fine : found
  try {
    const children = childrenOf(message)
    const bytes = encodeMessage(schema, message)
    return { name, version: versionOf(bytes), bytes, children, issues }
  } catch (error) {
    const unencodable = { path: '', message: `cannot be encoded: ${error instanceof Error ? error.message : error}` }
    return { name, version: 'unencodable', bytes: new Uint8Array(), children: none, issues: [...issues, unencodable] }
  }
}

function childrenOf(message: ResourceMessages[ResourceType]): readonly string[] {
  if (message.$typeName === 'envoy.config.cluster.v3.Cluster') return endpointsOf(message)
  if (message.$typeName === 'envoy.config.listener.v3.Listener') return routesOf(message)
  return none
}

const none: readonly string[] = []
const fine: readonly Issue[] = []

function endpointsOf({ clusterDiscoveryType: discovery, edsClusterConfig, name }: Cluster): readonly string[] {
  const byEds = discovery.case === 'type' && discovery.value === Cluster_DiscoveryType.EDS
  return byEds ? [edsClusterConfig?.serviceName || name] : none
}

function routesOf(listener: Listener): readonly string[] {
  const last = listener.defaultFilterChain === undefined ? [] : [listener.defaultFilterChain]
  const names = new Set<string>()
  for (const chain of [...listener.filterChains, ...last]) {
    for (const filter of chain.filters) {
      const name = routeOf(filter)
      if (name !== undefined) names.add(name)
    }
  }
  return names.size === 0 ? none : [...names]
}

function routeOf({ configType }: Filter): string | undefined {
  if (configType.case !== 'typedConfig') return undefined
  const manager = unpackAs(HttpConnectionManagerSchema, configType.value)
  return manager?.routeSpecifier.case === 'rds' ? manager.routeSpecifier.value.routeConfigName : undefined
}
