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
  return new LazyResource(type, message)
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

interface Encoded {
  readonly version: string
  readonly chunk: Uint8Array
  readonly children: readonly string[]
  readonly issues: readonly Issue[]
}

class LazyResource implements Resource {
  readonly type: ResourceType
  readonly name: string
  #message: Message | undefined
  #encoded: Encoded | undefined

  constructor(type: ResourceType, message: ResourceMessages[ResourceType]) {
    this.type = type
    this.name =
      message.$typeName === 'envoy.config.endpoint.v3.ClusterLoadAssignment' ? message.clusterName : message.name
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

  #encode(): Encoded {
    if (this.#encoded !== undefined) return this.#encoded
    this.#encoded = encode(this.type, this.name, this.#message!)
    this.#message = undefined
    return this.#encoded
  }
}

/** 128 bits of the digest: enough to tell contents apart, and half the bytes in every response and reconnect. */
const VERSION_LENGTH = 32

function encode(type: ResourceType, name: string, message: Message): Encoded {
  const schema = schemas[type]
  const issues = validateMessage(schema, message)
  try {
    const children = childrenOf(message as ResourceMessages[ResourceType])
    const bytes = encodeMessage(schema, message)
    const version = sha256Hex(bytes).slice(0, VERSION_LENGTH)
    return { version, chunk: resourceChunk(type, name, version, bytes), children, issues }
  } catch (error) {
    const unencodable = { path: '', message: `cannot be encoded: ${error instanceof Error ? error.message : error}` }
    return { version: 'unencodable', chunk: new Uint8Array(), children: none, issues: [...issues, unencodable] }
  }
}

function childrenOf(message: ResourceMessages[ResourceType]): readonly string[] {
  if (message.$typeName === 'envoy.config.cluster.v3.Cluster') return endpointsOf(message)
  if (message.$typeName === 'envoy.config.listener.v3.Listener') return routesOf(message)
  return none
}

const none: readonly string[] = []

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
