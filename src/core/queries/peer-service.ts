// A service that a peer exports to this cluster, as our proxies dial it: all of it is the peer's word, never worked out here.

import type { PeerMeta } from '../model/service.ts'
import { peeredClusterName } from '../model/sni.ts'
import { type ServiceName, serviceKey } from '../model/tenancy.ts'
import { defineQuery, type View } from '../store/view.ts'
import { peerTrust } from './peer-trust.ts'

export interface PeerService {
  /** How its cluster is called in this cluster's sidecars. */
  readonly clusterName: string
  /** The name the peer's gateways know it by. */
  readonly sni: string
  /** SPIFFE URIs of which whoever answers must present one: the service, or the gateway that speaks for it. */
  readonly serverIds: readonly string[]
  readonly protocol: string
  readonly trustDomain: string
  /** PEM of the peer's roots, the only ones its certificates are verified by. */
  readonly roots: readonly string[]
}

/** The service; undefined until both its instances and the peer's roots have come. */
export const peerService = defineQuery<ServiceName, PeerService | undefined>({
  name: 'peer-service',
  key: serviceKey,
  run(view, service) {
    const trust = view.derive(peerTrust, { partition: service.Partition, peer: service.Peer })
    const meta = peerMeta(view, service)
    const sni = meta?.SNI[0]
    if (trust === undefined || meta === undefined || sni === undefined) return undefined
    // Without an identity to ask for, any workload of the peer could answer.
    if (!isOfPeer(sni, trust.trustDomain) || meta.SpiffeID.length === 0) return undefined
    return {
      clusterName: peeredClusterName(service.Name, service.Namespace, service.Peer, trust.trustDomain),
      sni,
      serverIds: meta.SpiffeID,
      protocol: meta.Protocol,
      trustDomain: trust.trustDomain,
      roots: trust.roots,
    }
  },
})

/** Every instance of a peer's service carries the same; one without it cannot be dialled. */
function peerMeta(view: View, service: ServiceName): PeerMeta | undefined {
  const rows = view.list('services', 'connect', serviceKey(service))
  return rows.find(row => row.Connect.PeerMeta !== undefined)?.Connect.PeerMeta
}

/** A name that a gateway routes by must not be one of ours: a peer names things of its own trust domain only. */
function isOfPeer(sni: string, trustDomain: string): boolean {
  return sni.endsWith(`.external.${trustDomain}`)
}
