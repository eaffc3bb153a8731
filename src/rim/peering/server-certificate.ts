// The certificate that this server shows to peers: from the cluster's own authority, in the name that tokens carry. Not the agent's
// TLS certificate, which strangers have no way to verify.

import { peeringServerName } from '../../core/model/sni.ts'
import { spiffeUri } from '../../core/model/spiffe.ts'
import { trustDomain } from '../../core/queries/mesh-roots.ts'
import { keepLeaf, type LeafDeps } from '../keepers/leaf-certs.ts'
import { watchUntil } from '../watch-until.ts'
import type { TlsIdentity, TlsSource } from '../xds/grpc-server.ts'

const FOREVER_MS = 2 ** 31 - 1

export class ServerCertificate implements TlsSource {
  readonly verifyClients = false
  readonly #deps: LeafDeps
  readonly #listeners = new Set<() => void>()
  #identity: TlsIdentity | undefined

  constructor(deps: LeafDeps) {
    this.#deps = deps
  }

  current(): TlsIdentity | undefined {
    return this.#identity
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** Gets a certificate as soon as there is an authority, and keeps it valid until the signal aborts. */
  async keep(signal: AbortSignal): Promise<void> {
    const { store } = this.#deps
    const domain = await watchUntil(store, trustDomain, undefined, value => value !== '', {
      waitMs: FOREVER_MS,
      signal,
    })
    if (domain === '') return
    const { datacenter } = store.self
    const uri = spiffeUri({ kind: 'server', trustDomain: domain, datacenter })
    const dnsSans = [peeringServerName(datacenter, domain)]
    const onLeaf = (leaf: { readonly certPem: string; readonly privateKeyPem: string }) => {
      this.#identity = { certificate: leaf.certPem, key: leaf.privateKeyPem }
      for (const listener of this.#listeners) listener()
    }
    await keepLeaf(this.#deps, { spiffeUri: uri, dnsSans, count: () => 1, onLeaf }, signal)
  }
}
