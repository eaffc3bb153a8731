// The trust of this cluster: its trust domain and the root certificates that proxies accept.

import { defineQuery } from '../store/view.ts'

export interface MeshRoots {
  readonly trustDomain: string
  /** PEM of every root still trusted, the active one first. */
  readonly pems: readonly string[]
  readonly activeId: string
}

/** The roots, or undefined until the CA has started. */
export const meshRoots = defineQuery<undefined, MeshRoots | undefined>({
  name: 'mesh-roots',
  key: () => '',
  run(view) {
    const row = view.get('caRoots', '')
    if (row === undefined) return undefined
    const active = row.Roots.filter(root => root.ID === row.ActiveRootID)
    const others = row.Roots.filter(root => root.ID !== row.ActiveRootID)
    return {
      trustDomain: row.TrustDomain,
      pems: [...active, ...others].map(root => root.RootCert),
      activeId: row.ActiveRootID,
    }
  },
})

/** The trust domain, or '' until the CA has started. Unlike the roots it never changes. */
export const trustDomain = defineQuery<undefined, string>({
  name: 'trust-domain',
  key: () => '',
  run: view => view.get('caRoots', '')?.TrustDomain ?? '',
})
