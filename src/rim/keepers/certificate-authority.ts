// The certificate authority of this datacenter, stored and running: starts it, goes on after a restart, rotates its root, prunes old
// ones. What each step does is in signer/ca-lifecycle.ts; here it is stored before it is acted upon.

import type { CaRoot, NewCaConfiguration } from '../../core/model/ca.ts'
import { Fault, invalid } from '../../core/model/fault.ts'
import {
  caSettings,
  defaultCaConfiguration,
  type ReadConfiguration,
  readCaConfiguration,
} from '../../core/pki/ca-configuration.ts'
import { configurationChange } from '../../core/pki/configuration-change.ts'
import { intermediateNeed } from '../../core/pki/renewal.ts'
import { rootsRow } from '../../core/pki/roots.ts'
import { reduce } from '../../core/store/reduce.ts'
import type { Store } from '../../core/store/store.ts'
import type { Committer } from '../engine/committer.ts'
import type { Logger } from '../logger.ts'
import { BuiltInSigner } from '../signer/built-in-signer.ts'
import {
  acceptIntermediate,
  activateRotation,
  followPrimary,
  intermediateOf,
  prepareRotation,
  requestIntermediate,
  servedRoots,
  startPrimary,
  startSecondary,
  sweepRoots,
} from '../signer/ca-lifecycle.ts'
import { type CaState, decodeCaState, encodeCaState } from '../signer/ca-state.ts'
import { csrLimiter } from '../signer/csr-limiter.ts'
import type { Sealer } from '../signer/seal.ts'
import type { IssuedLeaf, LeafTerms, SignedLeaf } from '../signer/signer.ts'

export interface CaDeps {
  readonly store: Store
  readonly committer: Committer
  readonly sealer: Sealer
  readonly logger: Logger
  /** Milliseconds since the epoch. */
  readonly now: () => number
  readonly newClusterId: () => string
  /** The agent's `connect.ca_config`: seeds the first start only. */
  readonly seed: Readonly<Record<string, unknown>> | undefined
}

/** What a secondary is told by the primary. */
export interface PrimaryRoots {
  readonly TrustDomain: string
  readonly Roots: readonly CaRoot[]
}

const LABEL = 'certificate-authority'

export class CertificateAuthority {
  readonly #deps: CaDeps
  readonly #limiter = csrLimiter({
    perSecond: () => caSettings(this.#configuration()).csrMaxPerSecond,
    now: () => performance.now(),
  })
  #state: CaState | undefined
  #signer: BuiltInSigner | undefined
  #busy: Promise<unknown> = Promise.resolve()

  /** Goes on from what the store holds. */
  constructor(deps: CaDeps) {
    this.#deps = deps
    const row = deps.store.get('caSigner', '')
    if (row !== undefined) this.#use(decodeCaState(deps.sealer.open(LABEL, row.sealed)))
  }

  /** True once certificates can be issued. */
  get isReady(): boolean {
    return this.#signer !== undefined && this.#deps.store.get('caRoots', '') !== undefined
  }

  get trustDomain(): string | undefined {
    return this.#deps.store.get('caRoots', '')?.TrustDomain
  }

  /** Makes the root of a primary that has none yet. */
  startPrimary(): Promise<void> {
    return this.#alone(async () => {
      if (this.#state !== undefined) return
      const seed = this.#seed()
      const state = await startPrimary(this.#deps.newClusterId(), this.#newRoot(seed))
      await this.#store(state, seed.configuration)
      this.#deps.logger.info('initialised the certificate authority', { root: this.#activeRoot().ID })
    })
  }

  /** Takes the primary's roots; asks `sign` for an intermediate when this datacenter needs one. */
  followPrimary(primary: PrimaryRoots, sign: (csrPem: string) => Promise<string>): Promise<void> {
    return this.#alone(async () => {
      const active = primary.Roots.find(root => root.Active)
      if (active === undefined) throw new Fault('unavailable', 'the primary datacenter has no active root yet')
      const configuration = this.#deps.store.get('caConfig', '') ?? this.#seed().configuration
      const known = this.#state ?? startSecondary(active.ExternalTrustDomain, primary.Roots)
      let state = followPrimary(known, primary.Roots)
      const need = intermediateNeed(intermediateOf(state), active, this.#deps.now())
      if (need !== undefined) {
        const request = await requestIntermediate(state, caSettings(configuration))
        state = await acceptIntermediate(request.state, await sign(request.csrPem))
        this.#deps.logger.info('the primary datacenter signed our intermediate', { reason: need })
      }
      await this.#store(state, configuration)
    })
  }

  /** A key and certificate for an identity; the caller answers for who may have it. */
  async issueLeaf(spiffeUri: string, dnsSans: readonly string[] = []): Promise<IssuedLeaf> {
    const { leafTtlMs } = caSettings(this.#configuration())
    return await this.#ready().issueLeaf({ spiffeUri, dnsSans, ipSans: [], ttlMs: leafTtlMs })
  }

  /** A certificate for a key that stays with whoever asks. `allow` throws when the identity is not for them. */
  async signLeaf(csrPem: string, allow: LeafTerms['allow']): Promise<SignedLeaf> {
    const { leafTtlMs } = caSettings(this.#configuration())
    const { datacenter } = this.#deps.store.self
    const terms = { trustDomain: this.trustDomain ?? '', datacenter, ttlMs: leafTtlMs, allow }
    const { identity, ...leaf } = await this.#ready().signLeaf(csrPem, terms)
    return leaf
  }

  /** PEM of an intermediate for a secondary's request. */
  async signIntermediate(csrPem: string): Promise<string> {
    return await this.#ready().signIntermediate(csrPem, caSettings(this.#configuration()).intermediateTtlMs)
  }

  /**
   * Takes a new configuration (the body of `PUT /v1/connect/ca/configuration`). Another key or root starts a rotation, whose
   * new root the old one certifies. Throws Fault('invalid') naming the field, and then nothing has changed.
   */
  configure(input: unknown): Promise<void> {
    return this.#alone(async () => {
      const read = readCaConfiguration(input)
      if (!read.ok) throw invalid('Invalid CA configuration', read.issues)
      const state = this.#current()
      const current = { configuration: this.#configuration(), activeRoot: this.#activeRoot() }
      const change = configurationChange(current, read.value, this.#deps.now())
      switch (change.kind) {
        case 'none':
          return
        case 'refused':
          throw invalid('Invalid CA configuration', change.issues)
        case 'settings':
          return await this.#store(state, read.value.configuration)
        case 'rotate':
          return await this.#rotate(state, read.value)
      }
    })
  }

  /** Drops roots and cross-signed certificates whose time is over. */
  sweep(): Promise<void> {
    return this.#alone(async () => {
      if (this.#state === undefined || !this.#isPrimary()) return
      const { leafTtlMs } = caSettings(this.#configuration())
      await this.#store(sweepRoots(this.#state, this.#deps.now(), leafTtlMs), this.#configuration())
    })
  }

  async #rotate(state: CaState, read: ReadConfiguration): Promise<void> {
    if (!this.#isPrimary()) {
      const primary = this.#deps.store.self.primaryDatacenter
      throw new Fault('invalid', `the root belongs to the primary datacenter "${primary}"; change it there`)
    }
    const prepared = await prepareRotation(state, this.#newRoot(read))
    await this.#store(activateRotation(prepared, this.#deps.now()), read.configuration)
    this.#deps.logger.info('rotated the root certificate', { root: this.#activeRoot().ID })
  }

  #newRoot({ configuration, privateKeyPem }: ReadConfiguration) {
    const force = configuration.ForceWithoutCrossSigning
    return { settings: caSettings(configuration), privateKeyPem, force, now: this.#deps.now() }
  }

  /** Stores a state, and acts upon it once it is durable. A state that is known already is not written again. */
  async #store(state: CaState, configuration: NewCaConfiguration): Promise<void> {
    const { store, committer, sealer } = this.#deps
    const before = store.get('caSigner', '')
    const text = encodeCaState(state)
    const isKnown = this.#state !== undefined && encodeCaState(this.#state) === text
    const sealed = isKnown && before !== undefined ? before.sealed : sealer.seal(LABEL, text)
    const { Provider, Config, State, ForceWithoutCrossSigning } = configuration
    const outcome = await committer.submit(current =>
      reduce(current, {
        type: 'set-ca',
        cas: before?.ModifyIndex ?? 0,
        roots: rootsRow(servedRoots(state), state.signer.clusterId),
        config: { Provider, Config, State, ForceWithoutCrossSigning },
        signer: { sealed },
      }),
    )
    if (!outcome.applied) {
      throw new Fault('conflict', 'the certificate authority was changed by another server; try again')
    }
    this.#use(state)
  }

  #use(state: CaState): void {
    this.#state = state
    this.#signer = new BuiltInSigner({ state: state.signer, now: this.#deps.now, limiter: this.#limiter })
  }

  #seed(): ReadConfiguration {
    if (this.#deps.seed === undefined) return { configuration: defaultCaConfiguration(), privateKeyPem: '' }
    const read = readCaConfiguration({ Provider: 'consul', Config: this.#deps.seed })
    if (!read.ok) throw invalid('connect.ca_config', read.issues)
    return read.value
  }

  #configuration(): NewCaConfiguration {
    return this.#deps.store.get('caConfig', '') ?? defaultCaConfiguration()
  }

  #activeRoot(): CaRoot {
    const active = this.#deps.store.get('caRoots', '')?.Roots.find(root => root.Active)
    if (active === undefined) throw new Fault('unavailable', 'the certificate authority is not initialised yet')
    return active
  }

  #current(): CaState {
    if (this.#state === undefined) throw new Fault('unavailable', 'the certificate authority is not initialised yet')
    return this.#state
  }

  #ready(): BuiltInSigner {
    if (this.#signer === undefined) throw new Fault('unavailable', 'the certificate authority is not initialised yet')
    return this.#signer
  }

  #isPrimary(): boolean {
    const { datacenter, primaryDatacenter } = this.#deps.store.self
    return datacenter === primaryDatacenter
  }

  /** Changes of the authority happen one after the other. */
  #alone<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#busy.then(work)
    this.#busy = result.catch(() => {})
    return result
  }
}
