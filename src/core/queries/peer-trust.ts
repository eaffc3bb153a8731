// By which roots the workloads of a peer are recognised.

import type { PeerTrustBundle } from '../model/peering.ts'
import { joinKey } from '../model/tenancy.ts'
import { defineQuery } from '../store/view.ts'
import { trustDomain } from './mesh-roots.ts'

export interface PeerTrust {
  /** Our name for the peer. */
  readonly peer: string
  readonly trustDomain: string
  /** The partition the peer exports from, as it stands in its certificates. */
  readonly partition: string
  /** PEM of every root. They say something about the peer's own trust domain only. */
  readonly roots: readonly string[]
}

/** The peers of a partition whose roots are known, by name. */
export const peerTrusts = defineQuery<{ readonly partition: string }, readonly PeerTrust[]>({
  name: 'peer-trusts',
  key: arg => arg.partition,
  run(view, { partition }) {
    const own = view.derive(trustDomain, undefined)
    const bundles = view.list('peerTrustBundles', 'partition', partition)
    return bundles.filter(bundle => isUsable(bundle, own)).map(trustOf)
  },
})

export interface PeerArg {
  readonly partition: string
  readonly peer: string
}

/** One peer; undefined until its roots are known. */
export const peerTrust = defineQuery<PeerArg, PeerTrust | undefined>({
  name: 'peer-trust',
  key: arg => joinKey(arg.partition, arg.peer),
  run: (view, { partition, peer }) => view.derive(peerTrusts, { partition }).find(trust => trust.peer === peer),
})

/** A peer that claims this cluster's own trust domain is nobody: its roots must not speak for our workloads. */
function isUsable({ TrustDomain, RootPEMs }: PeerTrustBundle, own: string): boolean {
  return own !== '' && TrustDomain !== own && TrustDomain !== '' && RootPEMs.length > 0
}

function trustOf({ PeerName, TrustDomain, RootPEMs, ExportedPartition }: PeerTrustBundle): PeerTrust {
  return { peer: PeerName, trustDomain: TrustDomain, partition: ExportedPartition, roots: RootPEMs }
}
