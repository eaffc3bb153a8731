// Leaf certificates for the data planes of this datacenter: issued when wanted, renewed before they expire, and again when
// another key signs.

import { isFromOldSigner, leafRenewalAt, reissueDelay } from '../../core/pki/renewal.ts'
import { meshRoots } from '../../core/queries/mesh-roots.ts'
import type { Store } from '../../core/store/store.ts'
import type { Logger } from '../logger.ts'
import { pause } from '../pause.ts'
import type { IssuedLeaf } from '../signer/signer.ts'
import type { CertificateAuthority } from './certificate-authority.ts'
import type { FactKeeper } from './wants.ts'

export interface LeafDeps {
  readonly store: Store
  readonly authority: Pick<CertificateAuthority, 'issueLeaf'>
  readonly logger: Logger
  readonly now: () => number
  readonly random: () => number
}

const RETRY_MS = 1_000

/** Keeps a leaf for each wanted SPIFFE URI. */
export function leafKeeper(deps: LeafDeps): FactKeeper {
  const live = new Set<string>()
  return {
    kind: 'leaf',
    async keep(spiffeUri, signal) {
      live.add(spiffeUri)
      signal.addEventListener('abort', () => live.delete(spiffeUri), { once: true })
      const onLeaf = (leaf: IssuedLeaf) => deps.store.setFact('leaf', spiffeUri, leaf)
      await keepLeaf(deps, { spiffeUri, dnsSans: [], count: () => live.size, onLeaf }, signal)
    },
  }
}

export interface KeptLeaf {
  readonly spiffeUri: string
  readonly dnsSans: readonly string[]
  /** How many leaves are kept in all: they are not issued anew all at once. */
  count(): number
  onLeaf(leaf: IssuedLeaf): void
}

/** Issues a leaf, and again before it expires and when another key signs, until the signal aborts. Never rejects. */
export async function keepLeaf(deps: LeafDeps, kept: KeptLeaf, signal: AbortSignal): Promise<void> {
  let warned = false
  while (!signal.aborted) {
    try {
      const leaf = await deps.authority.issueLeaf(kept.spiffeUri, kept.dnsSans)
      if (signal.aborted) return
      kept.onLeaf(leaf)
      warned = false
      await untilRenewal(deps, leaf, () => kept.count(), signal)
    } catch (error) {
      if (!warned) deps.logger.warn('cannot issue a certificate yet', { identity: kept.spiffeUri, error })
      warned = true
      await untilAuthorityChanges(deps, RETRY_MS, signal)
    }
  }
}

/** Waits for the renewal of the leaf, or, after a change of the signing key, for its turn to follow. */
async function untilRenewal(deps: LeafDeps, leaf: IssuedLeaf, count: () => number, signal: AbortSignal): Promise<void> {
  const renewal = leafRenewalAt(leaf, deps.random())
  while (!signal.aborted && deps.now() < renewal) {
    await untilAuthorityChanges(deps, renewal - deps.now(), signal)
    const active = deps.store.get('caRoots', '')?.Roots.find(root => root.Active)
    if (active === undefined || !isFromOldSigner(leaf, active)) continue
    return await pause(reissueDelay(count(), deps.random()), signal)
  }
}

/** Resolves when the roots change, after `ms` at the latest. */
async function untilAuthorityChanges(deps: LeafDeps, ms: number, signal: AbortSignal): Promise<void> {
  const abort = new AbortController()
  const watch = deps.store.watch(meshRoots, undefined, () => abort.abort())
  watch.current()
  await pause(ms, AbortSignal.any([signal, abort.signal]))
  watch.close()
}
