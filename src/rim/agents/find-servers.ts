// Where the servers of a client agent may be: those it is told to join, by name or address, and those it has learned of.

import { Fault } from '../../core/model/fault.ts'
import { nodeKey } from '../../core/model/node.ts'
import { DEFAULT_TENANCY, serviceKey, serviceName } from '../../core/model/tenancy.ts'
import type { Store } from '../../core/store/store.ts'
import type { Endpoint, RpcClient } from '../federation/rpc-client.ts'
import type { Place, PlaceResolver } from './place-resolver.ts'

export const LAN_PORT = 8301

/** The place a `host[:port]` names, in the field that is named. Throws Fault('invalid') when it is neither. */
export function joinPlace(text: string, field = 'retry_join'): Place {
  const match = /^(?:\[([^\]]+)\]|([^:\s]+)|([0-9a-fA-F:]+:[0-9a-fA-F:.]*))(?::(\d{1,5}))?$/.exec(text)
  const host = match?.[1] ?? match?.[2] ?? match?.[3]
  const port = Number(match?.[4] ?? LAN_PORT)
  if (host === undefined || port < 1 || port > 65535) {
    throw new Fault('invalid', `${field}: "${text}" is not host or host:port`)
  }
  return { host, port }
}

export interface ServerSearch {
  readonly places: readonly Place[]
  readonly resolver: PlaceResolver
  readonly store: Store
  /** In [0, 1). */
  random(): number
}

/** All endpoints in an order of chance, so that agents spread over the servers. Throws when no name can be resolved. */
export async function findServers({ places, resolver, store, random }: ServerSearch): Promise<readonly Endpoint[]> {
  const serverName = serverNameOf(store)
  const resolved = await Promise.allSettled(places.map(place => resolver.resolve(place)))
  const named = resolved.flatMap(result => (result.status === 'fulfilled' ? result.value : []))
  const all = [...named, ...knownServers(store)]
  const failed = resolved.find(result => result.status === 'rejected')
  if (all.length === 0 && failed !== undefined) throw failed.reason
  const unique = new Map(all.map(place => [`${place.host} ${place.port}`, place]))
  const ordered = [...unique.values()].map(place => ({ place, rank: random() })).sort((a, b) => a.rank - b.rank)
  return ordered.map(({ place: { host, port } }) => ({ address: host, port, serverName }))
}

export interface Reach {
  readonly client: RpcClient
  readonly resolver: PlaceResolver
  readonly store: Store
}

/** Resolves when somebody answers at a place. Throws Fault('rejected') with what went wrong when nobody does. */
export async function reachPlace({ client, resolver, store }: Reach, place: Place): Promise<void> {
  let reason: unknown
  try {
    for (const { host: address, port } of await resolver.resolve(place)) {
      try {
        return await client.connect({ address, port, serverName: serverNameOf(store) }, AbortSignal.timeout(REACH_MS))
      } catch (error) {
        reason = error
      }
    }
  } catch (error) {
    reason = error
  }
  const text = reason instanceof Error ? reason.message : 'it has no address'
  throw new Fault('rejected', `Failed to join ${place.host}:${place.port}: ${text}`)
}

const REACH_MS = 3_000

function serverNameOf({ self }: Store): string {
  return `server.${self.datacenter}.${self.domain}`
}

/** Servers show themselves in the catalog. */
function knownServers(store: Store): readonly Place[] {
  return store.list('services', 'name', serviceKey(serviceName('consul', DEFAULT_TENANCY))).flatMap(service => {
    const host = service.Address || store.get('nodes', nodeKey(service))?.Address
    return host === undefined || service.Port <= 0 ? [] : [{ host, port: service.Port }]
  })
}
