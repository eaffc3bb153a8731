// Facts about other datacenters: the instances behind a service, and the mesh gateways. Until they answer, what they said before
// the last restart holds.

import type { CheckServiceNode, FactKind, Remote } from '../../core/model/fact.ts'
import { joinKey, splitKey } from '../../core/model/tenancy.ts'
import { followRemote, type RemoteDeps } from '../federation/remote-query.ts'
import { RPC_PATHS } from '../federation/rpc.ts'
import type { RemoteMemory } from './remote-memory.ts'
import type { FactKeeper } from './wants.ts'

export interface RemoteKeeperDeps extends RemoteDeps {
  readonly memory: RemoteMemory
}

/** Follows what another datacenter's sidecars dial for a service. */
export function remoteConnectKeeper(deps: RemoteKeeperDeps): FactKeeper {
  return remoteKeeper(deps, 'remote-connect', key => {
    const [datacenter = '', partition = '', namespace = '', service = ''] = splitKey(key)
    const query = new URLSearchParams({ service, partition, namespace })
    return { datacenter, path: `${RPC_PATHS.connect}?${query}` }
  })
}

/** Follows another datacenter's mesh gateways. */
export function remoteGatewaysKeeper(deps: RemoteKeeperDeps): FactKeeper {
  return remoteKeeper(deps, 'remote-gateways', key => {
    const [datacenter = '', partition = ''] = splitKey(key)
    return { datacenter, path: `${RPC_PATHS.gateways}?${new URLSearchParams({ partition })}` }
  })
}

type RemoteKind = Extract<FactKind, 'remote-connect' | 'remote-gateways'>

function remoteKeeper(
  deps: RemoteKeeperDeps,
  kind: RemoteKind,
  where: (key: string) => { datacenter: string; path: string },
): FactKeeper {
  return {
    kind,
    keep(key, signal) {
      type Instances = readonly CheckServiceNode[]
      const name = joinKey(kind, key)
      let last: Remote<Instances> | undefined
      const set = (fact: Remote<Instances>) => {
        last = fact
        deps.store.setFact(kind, key, fact)
      }
      // Here and below: made by a server of our own federation, by the same code as our own rows.
      const recalled = deps.memory.recall(name) as Instances | undefined
      if (recalled !== undefined) set({ value: recalled, fresh: false })
      return followRemote(
        deps,
        {
          ...where(key),
          onAnswer: value => {
            set({ value: value as Instances, fresh: true })
            deps.memory.remember(name, value)
          },
          onStale: () => set({ value: last?.value, fresh: false }),
        },
        signal,
      )
    },
  }
}
