// Resources without protobuf messages behind them, for tests of what happens to resources on their way to a proxy.

import { resourceChunk } from '../../src/core/envoy/chunk.ts'
import type { Resource, ResourceSet, ResourceType } from '../../src/core/envoy/resource.ts'
import { bytesSize, stringField, WireWriter } from '../../src/lib/protobuf-wire.ts'
import type { Issue } from '../../src/lib/schema.ts'

interface Details {
  readonly version?: string
  readonly children?: readonly string[]
  readonly issues?: readonly Issue[]
  /** Bytes of the message itself. */
  readonly size?: number
}

export function fakeResource(type: ResourceType, name: string, details: Details = {}): Resource {
  const version = details.version ?? 'v1'
  const chunk = resourceChunk(type, name, version, new Uint8Array(details.size ?? 8))
  return { type, name, version, chunk, children: details.children ?? [], issues: details.issues ?? [] }
}

/** A cluster that gets its endpoints by EDS under its own name. */
export function edsCluster(name: string, version = 'v1'): Resource {
  return fakeResource('cluster', name, { version, children: [name] })
}

export const emptySet: ResourceSet = {
  secret: [],
  cluster: [],
  endpoints: [],
  listener: [],
  route: [],
  allowEmpty: new Set(),
}

/** A set of the given lists; types left out are empty. */
export function resourceSet(lists: Partial<ResourceSet>): ResourceSet {
  return { ...emptySet, ...lists }
}

/** A cluster a client can decode; with `eds` it gets its endpoints by EDS under its own name. */
export function realCluster(name: string, how: 'static' | 'eds' = 'static', version = 'v1'): Resource {
  const type = how === 'eds' ? [Buffer.from([16, 3])] : []
  const message = Buffer.concat([stringField(1, name), ...type])
  return { ...edsCluster(name, version), chunk: resourceChunk('cluster', name, version, message) }
}

/** A listener a client can decode; `route` names the route configuration it asks for. */
export function realListener(name: string, route?: string, version = 'v1'): Resource {
  const rds =
    route === undefined
      ? []
      : [nested(3, nested(3, nested(4, managerType, nested(2, nested(3, stringField(2, route))))))]
  const chunk = resourceChunk('listener', name, version, Buffer.concat([stringField(1, name), ...rds]))
  return { ...fakeResource('listener', name, { version, children: route === undefined ? [] : [route] }), chunk }
}

const managerType = stringField(
  1,
  'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
)

function nested(field: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts)
  return new WireWriter(bytesSize(field, content.length)).bytes(field, content).finish()
}
