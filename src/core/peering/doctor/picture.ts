// All that this cluster knows of a peering and that may be wrong with it, as plain data. What it means is said elsewhere.

import { joinHostPort, type Reach, reachOf } from '../../../lib/host-port.ts'
import { bestAddress } from '../../model/address.ts'
import type { CheckServiceNode } from '../../model/fact.ts'
import { isDialer, type Peering, type PeeringSecrets, type PeerStreamStatus } from '../../model/peering.ts'
import { joinKey } from '../../model/tenancy.ts'
import { aggregateStatus, kindInstances } from '../../queries/instances.ts'
import { meshRoots } from '../../queries/mesh-roots.ts'
import type { PeerArg } from '../../queries/peer-trust.ts'
import {
  addressesOf,
  localGatewayAddresses,
  ownServerAddresses,
  peersThroughGateways,
  trackedPeering,
} from '../../queries/peerings.ts'
import { defineQuery, type View } from '../../store/view.ts'
import { type ExportPicture, exportPictures } from './export-picture.ts'
import { type ImportPicture, importPictures, type WantedService, wantedServices } from './import-picture.ts'

export interface GatewayPicture {
  readonly id: string
  readonly status: 'passing' | 'warning' | 'critical'
  /** `host:port` that others are told. */
  readonly wan: string
  /** A tagged address `wan` says it, rather than an address that happens to be there. */
  readonly isTagged: boolean
  readonly reach: Reach
}

/**
 * How far the secrets have come where this side made the token. `offered`: nobody has come with it. `given`: a stream secret was
 * given out, no stream was opened with it. `used`: a stream was opened.
 */
export type SecretPicture = 'none' | 'offered' | 'given' | 'used'

export interface PeeringPicture {
  readonly row: Peering
  readonly stream: PeerStreamStatus | undefined
  readonly secret: SecretPicture
  readonly ownTrustDomain: string
  /** What the peer sent to verify its workloads by; undefined until it has. */
  readonly trust: { readonly trustDomain: string; readonly roots: readonly string[] } | undefined
  /** The mesh entry lets gateways carry what servers of peers say. */
  readonly throughGateways: boolean
  /** Our gateways, as a way to the peer's servers; empty unless gateways carry it. */
  readonly waysOut: readonly string[]
  /** Where the peer's servers are, as far as this side dials them. */
  readonly peerServers: readonly string[]
  /** Where tokens say that our servers are. */
  readonly ownServers: readonly string[]
  readonly gateways: readonly GatewayPicture[]
  readonly exports: readonly ExportPicture[]
  readonly imports: readonly ImportPicture[]
  readonly wanted: readonly WantedService[]
}

/** The picture; undefined when there is no such peering. */
export const peeringPicture = defineQuery<PeerArg, PeeringPicture | undefined>({
  name: 'peering-picture',
  key: arg => joinKey(arg.partition, arg.peer),
  run(view, arg) {
    const tracked = view.derive(trackedPeering, arg)
    if (tracked === undefined) return undefined
    const { row, stream } = tracked
    const bundle = view.get('peerTrustBundles', joinKey(row.Partition, row.Name))
    return {
      row,
      stream,
      secret: secretPicture(view.get('peeringSecrets', row.ID)),
      ownTrustDomain: view.derive(meshRoots, undefined)?.trustDomain ?? '',
      trust: bundle && { trustDomain: bundle.TrustDomain, roots: bundle.RootPEMs },
      throughGateways: view.derive(peersThroughGateways, undefined),
      waysOut: isDialer(row) ? view.derive(localGatewayAddresses, undefined) : [],
      peerServers: isDialer(row) ? addressesOf(row) : [],
      ownServers: view.derive(ownServerAddresses, undefined),
      gateways: gatewayPictures(view, row.Partition),
      exports: exportPictures(view, arg),
      imports: importPictures(view, arg),
      wanted: wantedServices(view, arg),
    }
  },
})

function secretPicture(secrets: PeeringSecrets | undefined): SecretPicture {
  if (secrets === undefined) return 'none'
  if (secrets.active !== '') return 'used'
  if (secrets.pending !== '') return 'given'
  return secrets.establishment === '' ? 'none' : 'offered'
}

function gatewayPictures(view: View, partition: string): readonly GatewayPicture[] {
  const all = view.derive(kindInstances, { kind: 'mesh-gateway', partition, peer: '' })
  return all.map(gatewayPicture)
}

function gatewayPicture({ Node, Service, Checks }: CheckServiceNode): GatewayPicture {
  const { Address, Port } = bestAddress(Node, Service, true)
  return {
    id: Service.ID,
    status: aggregateStatus(Checks),
    wan: joinHostPort(Address, Port),
    isTagged: (Service.TaggedAddresses.wan?.Address ?? '') !== '',
    reach: reachOf(Address),
  }
}
