// Resources without protobuf messages behind them, for tests of what happens to resources on their way to a proxy.

import { resourceChunk } from '../../src/core/envoy/chunk.ts'
import type { Resource, ResourceSet, ResourceType } from '../../src/core/envoy/resource.ts'
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
