// What a control plane tells one proxy, as protobuf-JSON that two of them can be compared by.

import { fromBinary, type JsonValue, toJson } from '@bufbuild/protobuf'
import { schemaOf } from '../../src/core/envoy/make-resource.ts'
import { envoyTypes } from '../../src/core/envoy/registry.ts'
import { perType, type ResourceType } from '../../src/core/envoy/resource.ts'
import { maskText } from './oracle-mask.ts'
import { XdsClient } from './xds-client.ts'

/** Resources by type and name; certificates, trust domains and addresses of loopback are masked. */
export type ToldResources = Readonly<Record<ResourceType, Readonly<Record<string, JsonValue>>>>

const QUIET_MS = 1_500
/** Set by default since 1.20. */
const NEWER = 'normalizePath'

/** Follows a proxy until nothing new has come for a while. */
export async function resourcesOf(url: string, proxy: string): Promise<ToldResources> {
  const messages = perType(() => new Map<string, Buffer>())
  let quiet: NodeJS.Timeout | undefined
  const client = await new Promise<XdsClient>(resolve => {
    const waitForMore = () => {
      clearTimeout(quiet)
      quiet = setTimeout(() => resolve(follower), QUIET_MS)
    }
    const follower = new XdsClient({
      ...{ url, id: proxy },
      onResponse({ type, resources, removed }) {
        for (const { name, message } of resources) messages[type].set(name, message)
        for (const name of removed) messages[type].delete(name)
        waitForMore()
      },
    }).start()
    waitForMore()
  })
  client.close()
  return {
    cluster: shown('cluster', messages.cluster),
    endpoints: shown('endpoints', messages.endpoints),
    listener: shown('listener', messages.listener),
    route: shown('route', messages.route),
    secret: shown('secret', messages.secret),
  }
}

function shown(type: ResourceType, messages: ReadonlyMap<string, Buffer>): Readonly<Record<string, JsonValue>> {
  const entries = [...messages].map(([name, bytes]) => {
    const schema = schemaOf(type)
    return [maskText(name), masked(toJson(schema, fromBinary(schema, bytes), { registry: envoyTypes() }))] as const
  })
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

function masked(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.startsWith('-----BEGIN') ? '<pem>' : maskText(value)
  if (Array.isArray(value)) return value.map(masked)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value).filter(([key]) => key !== NEWER)
  return Object.fromEntries(kept.map(([key, each]) => [key, masked(each)]))
}
