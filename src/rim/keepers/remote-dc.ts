// Facts about other datacenters: the instances behind a service, and the mesh gateways.

import type { CheckServiceNode, FactKind, Remote } from '../../core/model/fact.ts'
import { splitKey } from '../../core/model/tenancy.ts'
import { followRemote, type RemoteDeps } from '../federation/remote-query.ts'
import { RPC_PATHS } from '../federation/rpc.ts'
import type { FactKeeper } from './wants.ts'

/** Follows what another datacenter's sidecars dial for a service. */
export function remoteConnectKeeper(deps: RemoteDeps): FactKeeper {
  return remoteKeeper(deps, 'remote-connect', key => {
    const [datacenter = '', partition = '', namespace = '', service = ''] = splitKey(key)
    const query = new URLSearchParams({ service, partition, namespace })
    return { datacenter, path: `${RPC_PATHS.connect}?${query}` }
  })
}

/** Follows another datacenter's mesh gateways. */
export function remoteGatewaysKeeper(deps: RemoteDeps): FactKeeper {
  return remoteKeeper(deps, 'remote-gateways', key => {
    const [datacenter = '', partition = ''] = splitKey(key)
    return { datacenter, path: `${RPC_PATHS.gateways}?${new URLSearchParams({ partition })}` }
  })
}

type RemoteKind = Extract<FactKind, 'remote-connect' | 'remote-gateways'>

function remoteKeeper(
  deps: RemoteDeps,
  kind: RemoteKind,
  where: (key: string) => { datacenter: string; path: string },
): FactKeeper {
  return {
    kind,
    keep(key, signal) {
      let last: Remote<readonly CheckServiceNode[]> | undefined
      const set = (fact: Remote<readonly CheckServiceNode[]>) => {
        last = fact
        deps.store.setFact(kind, key, fact)
      }
      return followRemote(
        deps,
        {
          ...where(key),
          // The answer comes from a server of our own federation, made by the same code as our own rows.
          onAnswer: value => set({ value: value as readonly CheckServiceNode[], fresh: true }),
          onStale: () => {
            if (last !== undefined) set({ ...last, fresh: false })
          },
        },
        signal,
      )
    },
  }
}
