// What every peer is sent of this cluster itself: what its certificates are verified by, and where its servers are.

import { DEFAULT_PARTITION } from '../model/tenancy.ts'
import { meshRoots } from '../queries/mesh-roots.ts'
import { ownServerAddresses } from '../queries/peerings.ts'
import { defineQuery } from '../store/view.ts'
import { ServerAddressesMessage, TrustBundleMessage } from './wire/peerstream.ts'

/** The trust bundle of a partition, encoded; undefined until the certificate authority has started. */
export const ownBundle = defineQuery<string, Uint8Array | undefined>({
  name: 'own-trust-bundle',
  key: partition => partition,
  run(view, partition) {
    const roots = view.derive(meshRoots, undefined)
    if (roots === undefined) return undefined
    const ExportedPartition = partition === DEFAULT_PARTITION ? '' : partition
    return TrustBundleMessage.encode({ TrustDomain: roots.trustDomain, RootPEMs: roots.pems, ExportedPartition })
  },
})

/** Where peers dial this cluster, encoded; undefined while nowhere. */
export const serverAddressesMessage = defineQuery<undefined, Uint8Array | undefined>({
  name: 'server-addresses-message',
  key: () => '',
  run(view) {
    const Addresses = view.derive(ownServerAddresses, undefined)
    return Addresses.length === 0 ? undefined : ServerAddressesMessage.encode({ Addresses })
  },
})
