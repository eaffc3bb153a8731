// Peerings as they are stored, with how their streams are doing; where the servers of peers are, and where ours are.

import { joinHostPort } from '../../lib/host-port.ts'
import { bestAddress } from '../model/address.ts'
import { isDialer, type Peering, type PeerStreamStatus } from '../model/peering.ts'
import { DEFAULT_PARTITION, joinKey, serviceName } from '../model/tenancy.ts'
import { defineQuery, type View } from '../store/view.ts'
import { meshOf } from './config-entry.ts'
import { usableGateways } from './instance-health.ts'
import { kindInstances, serviceInstances } from './instances.ts'
import type { PeerArg } from './peer-trust.ts'

/** A row with how its stream is doing; undefined while nothing has been tried here. */
export interface TrackedPeering {
  readonly row: Peering
  readonly stream: PeerStreamStatus | undefined
}

/** One peering; undefined when there is none of that name. */
export const trackedPeering = defineQuery<PeerArg, TrackedPeering | undefined>({
  name: 'tracked-peering',
  key: arg => joinKey(arg.partition, arg.peer),
  run(view, arg) {
    const row = view.get('peerings', joinKey(arg.partition, arg.peer))
    return row && tracked(view, row)
  },
})

/** All peerings of a partition, by name. */
export const trackedPeerings = defineQuery<string, readonly TrackedPeering[]>({
  name: 'tracked-peerings',
  key: partition => partition,
  run: (view, partition) => view.list('peerings', 'partition', partition).map(row => tracked(view, row)),
})

function tracked(view: View, row: Peering): TrackedPeering {
  return { row, stream: view.want('peer-stream', row.ID) }
}

/** A peering as whoever dials it needs it. */
export interface KeptPeering {
  readonly row: Peering
  /** The secrets of the dialling side, sealed; '' on the other, and until a token was taken. */
  readonly sealed: string
}

/** Every peering of the cluster: what is followed to dial and to clean up. */
export const keptPeerings = defineQuery<undefined, readonly KeptPeering[]>({
  name: 'kept-peerings',
  key: () => '',
  run: view =>
    view.list('peerings', 'all', '').map(row => {
      return { row, sealed: view.get('peeringSecrets', row.ID)?.sealed ?? '' }
    }),
})

export interface DialedPeer {
  readonly peer: string
  /** The SNI under which its servers are dialled. */
  readonly serverName: string
  /** `host:port`, in the order in which they are tried; hosts may be names. */
  readonly addresses: readonly string[]
}

/** The peers that servers of a partition dial: gateways that carry peering need a way to each. */
export const dialedPeers = defineQuery<string, readonly DialedPeer[]>({
  name: 'dialed-peers',
  key: partition => partition,
  run: (view, partition) =>
    view
      .list('peerings', 'partition', partition)
      .filter(row => isDialer(row) && row.State !== 'TERMINATED')
      .map(row => ({ peer: row.Name, serverName: row.PeerServerName, addresses: addressesOf(row) })),
})

/**
 * Where a peer's servers are dialled: what somebody wrote by hand and nothing else, or what the peer said last. The addresses of
 * the token come after those, because they did work once and what the peer says may be of use only in its own network.
 */
export function addressesOf(row: Peering): readonly string[] {
  if (row.ManualServerAddresses.length > 0) return row.ManualServerAddresses
  return [...new Set([...row.PeerServerAddresses, ...row.TokenServerAddresses])]
}

/** Whether servers of peers are reached, and reach us, through mesh gateways. */
export const peersThroughGateways = defineQuery<undefined, boolean>({
  name: 'peers-through-gateways',
  key: () => '',
  run: view => meshOf(view, DEFAULT_PARTITION)?.Peering?.PeerThroughMeshGateways ?? false,
})

/** Where servers begin a connection to a peer's servers when gateways carry it: the gateways of their own network. */
export const localGatewayAddresses = defineQuery<undefined, readonly string[]>({
  name: 'local-gateway-addresses',
  key: () => '',
  run: view => (view.derive(peersThroughGateways, undefined) ? gatewayAddresses(view, false) : []),
})

/** Where this cluster's servers are to be dialled by peers: `host:port` of servers, or of gateways that lead to them. */
export const ownServerAddresses = defineQuery<undefined, readonly string[]>({
  name: 'own-server-addresses',
  key: () => '',
  run: view => (view.derive(peersThroughGateways, undefined) ? gatewayAddresses(view, true) : serverAddresses(view)),
})

function gatewayAddresses(view: View, wan: boolean): readonly string[] {
  const gateways = view.derive(kindInstances, { kind: 'mesh-gateway', partition: DEFAULT_PARTITION, peer: '' })
  return usableGateways(gateways).map(({ Node, Service }) => {
    const { Address, Port } = bestAddress(Node, Service, wan)
    return joinHostPort(Address, Port)
  })
}

function serverAddresses(view: View): readonly string[] {
  return view.derive(serviceInstances, serviceName('consul')).flatMap(({ Node, Service }) => {
    const port = Number(Service.Meta.grpc_tls_port ?? Service.Meta.grpc_port ?? 0)
    return port > 0 ? [joinHostPort(bestAddress(Node, Service, true).Address, port)] : []
  })
}
