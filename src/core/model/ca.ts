// The certificate authority as the store keeps it: its roots, its configuration, and what the signer needs to go on.

import type { Indexed, Unindexed } from './row.ts'

/** A root certificate, as the CA API shows it. */
export interface CaRoot {
  /** SHA-1 of the certificate's DER, colon-separated lower-case hex. */
  readonly ID: string
  readonly Name: string
  readonly SerialNumber: number
  /** Subject key id of the certificate that signs now, colon-separated hex. */
  readonly SigningKeyID: string
  /** The cluster's uuid. */
  readonly ExternalTrustDomain: string
  /** RFC 3339, UTC. */
  readonly NotBefore: string
  readonly NotAfter: string
  readonly RootCert: string
  readonly IntermediateCerts: readonly string[] | null
  readonly Active: boolean
  readonly PrivateKeyType: string
  readonly PrivateKeyBits: number
  /** When it stopped being active: milliseconds since the epoch. Never shown. */
  readonly RotatedOutAt?: number
}

/** The one row of table `caRoots`, under key ''. */
export interface CaRootsRow extends Indexed {
  readonly ActiveRootID: string
  readonly TrustDomain: string
  readonly Roots: readonly CaRoot[]
}

/** The one row of table `caConfig`, under key ''. */
export interface CaConfiguration extends Indexed {
  readonly Provider: string
  readonly Config: Readonly<Record<string, unknown>>
  readonly State: Readonly<Record<string, string>> | null
  readonly ForceWithoutCrossSigning: boolean
}

/** The one row of table `caSigner`, under key '': the signer's keys, sealed. Never shown, never replicated to others. */
export interface CaSignerRow extends Indexed {
  readonly sealed: string
}

/** A configuration before the store has given it indexes. */
export type NewCaConfiguration = Unindexed<CaConfiguration>

/** A root as it may be shown: without what only the rotation needs to know. */
export function shownRoot(root: CaRoot): Omit<CaRoot, 'RotatedOutAt'> {
  const { RotatedOutAt: _, ...shown } = root
  return shown
}

/** The trust domain of a cluster: its uuid under the fixed suffix `consul`, lower-cased. */
export function trustDomainOf(clusterId: string): string {
  return `${clusterId}.consul`.toLowerCase()
}
