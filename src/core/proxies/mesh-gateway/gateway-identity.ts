// What a mesh gateway presents where it ends or opens TLS itself, which it only does for HTTP services that peers use.

import type { TlsParameters } from '../../../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts'
import type { TlsIdentity } from '../../envoy/tls.ts'
import { tlsParams } from '../../envoy/tls-params.ts'
import { spiffeUri } from '../../model/spiffe.ts'
import { meshOf } from '../../queries/config-entry.ts'
import { meshRoots, trustDomain } from '../../queries/mesh-roots.ts'
import { defineQuery, type View } from '../../store/view.ts'

export interface GatewayIdentity {
  readonly tls: TlsIdentity
  readonly incoming: TlsParameters
  readonly outgoing: TlsParameters
}

/** The identity that all mesh gateways of a partition share; undefined until there is a certificate for it. */
export const gatewayIdentity = defineQuery<string, GatewayIdentity | undefined>({
  name: 'mesh-gateway-identity',
  key: partition => partition,
  run(view, partition) {
    const leaf = view.want('leaf', gatewayUri(view, partition))
    const roots = view.derive(meshRoots, undefined)
    if (leaf === undefined || roots === undefined) return undefined
    const mesh = meshOf(view, partition)
    return {
      tls: { certPem: leaf.certPem, privateKeyPem: leaf.privateKeyPem, roots: roots.pems },
      incoming: tlsParams(mesh?.TLS?.Incoming),
      outgoing: tlsParams(mesh?.TLS?.Outgoing),
    }
  },
})

/** The SPIFFE URI of the mesh gateways of a partition. */
export function gatewayUri(view: View, partition: string): string {
  const { datacenter } = view.self
  return spiffeUri({ kind: 'mesh-gateway', trustDomain: view.derive(trustDomain, undefined), partition, datacenter })
}
