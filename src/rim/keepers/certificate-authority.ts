// The certificate authority of this datacenter: starts it, goes on after a restart, rotates its root, prunes old ones. The primary
// has the root; a secondary signs under an intermediate that the primary gave it.

import type { CaRoot, NewCaConfiguration } from '../../core/model/ca.ts'
import { Fault, invalid } from '../../core/model/fault.ts'
import { caSettings, defaultCaConfiguration, readCaConfiguration } from '../../core/pki/ca-configuration.ts'
import { configurationChange } from '../../core/pki/configuration-change.ts'
import { intermediateNeed } from '../../core/pki/renewal.ts'
import { rootsRow, secondaryRoots } from '../../core/pki/roots.ts'
import { type Rotated, type Rotation, rotate, trustedRoots } from '../../core/pki/rotation.ts'
import { reduce } from '../../core/store/reduce.ts'
import type { Store } from '../../core/store/store.ts'
import { type Certificate, readCertificate } from '../../lib/x509/read-certificate.ts'
import type { Committer } from '../engine/committer.ts'
import type { Logger } from '../logger.ts'
import { BuiltInSigner } from '../signer/built-in-signer.ts'
import { type CaState, decodeCaState, encodeCaState } from '../signer/ca-state.ts'
import type { Sealer } from '../signer/seal.ts'
import type { IssuedLeaf } from '../signer/signer.ts'
import { newSignerState, type SignerState } from '../signer/signer-state.ts'

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
  #signer: BuiltInSigner | undefined
  #rotation: Rotation = { phase: 'empty' }
  #busy: Promise<unknown> = Promise.resolve()

  constructor(deps: CaDeps) {
    this.#deps = deps
    this.#restore()
  }

  /** Makes the root of a primary that has none yet. */
  startPrimary(): Promise<void> {
    return this.#alone(async () => {
      if (this.#signer !== undefined) return
      const { configuration, privateKeyPem } = this.#seed()
      const signer = this.#newSigner(newSignerState(this.#deps.newClusterId()))
      const root = await signer.generateRoot(rootRequest(configuration, privateKeyPem))
      const generated = accept(rotate(this.#rotation, { type: 'generated', root }))
      const active = accept(rotate(generated, { type: 'activated', now: this.#deps.now() }))
      await this.#store(active, signer, configuration, trustedRoots(active))
      this.#deps.logger.info('initialised the certificate authority', { root: root.ID })
    })
  }

  /** Takes the primary's roots; asks `sign` for an intermediate when this datacenter needs one. */
  followPrimary(primary: PrimaryRoots, sign: (csrPem: string) => Promise<string>): Promise<void> {
    return this.#alone(async () => {
      const active = primary.Roots.find(root => root.Active)
      if (active === undefined) throw new Fault('unavailable', 'the primary datacenter has no active root yet')
      const clusterId = active.ExternalTrustDomain
      const signer = this.#newSigner(this.#signer?.state() ?? newSignerState(clusterId))
      const need = intermediateNeed(certificateOf(signer.state()), active, this.#deps.now())
      if (need !== undefined) {
        await signer.setIntermediate(await sign(await signer.generateIntermediateCsr({ keyType: 'ec', keyBits: 256 })))
        this.#deps.logger.info('the primary datacenter signed our intermediate', { reason: need })
      }
      await signer.setLinks(active.IntermediateCerts ?? [])
      const intermediate = certificateOf(signer.state())
      if (intermediate === undefined) throw new Error('an intermediate was set and is not there')
      const roots = secondaryRoots(primary.Roots, intermediate)
      const configuration = this.#deps.store.get('caConfig', '') ?? this.#seed().configuration
      await this.#store({ phase: 'steady', roots: primary.Roots }, signer, configuration, roots)
    })
  }

  /** True once certificates can be issued. */
  get isReady(): boolean {
    return this.#signer !== undefined && this.#deps.store.get('caRoots', '') !== undefined
  }

  get trustDomain(): string | undefined {
    return this.#deps.store.get('caRoots', '')?.TrustDomain
  }

  /** A key and certificate for an identity; the caller answers for who may have it. */
  async issueLeaf(
    spiffeUri: string,
    dnsSans: readonly string[] = [],
    ipSans: readonly string[] = [],
  ): Promise<IssuedLeaf> {
    const { leafTtlMs } = caSettings(this.#configuration())
    return await this.#ready().issueLeaf({ spiffeUri, dnsSans, ipSans, ttlMs: leafTtlMs })
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
      const row = this.#deps.store.get('caRoots', '')
      const activeRoot = row?.Roots.find(root => root.Active)
      const signer = this.#ready()
      if (activeRoot === undefined) throw new Fault('unavailable', 'the certificate authority is not initialised yet')
      const change = configurationChange(
        { configuration: this.#configuration(), activeRoot },
        read.value,
        this.#deps.now(),
      )
      switch (change.kind) {
        case 'none':
          return
        case 'refused':
          throw invalid('Invalid CA configuration', change.issues)
        case 'settings':
          return await this.#store(this.#rotation, signer, read.value.configuration, row?.Roots ?? [])
        case 'rotate':
          return await this.#rotate(signer, read.value.configuration, read.value.privateKeyPem)
      }
    })
  }

  /** Drops roots and cross-signed certificates whose time is over. */
  sweep(): Promise<void> {
    return this.#alone(async () => {
      const signer = this.#signer
      if (signer === undefined || !this.#isPrimary()) return
      const { leafTtlMs } = caSettings(this.#configuration())
      const swept = accept(rotate(this.#rotation, { type: 'swept', now: this.#deps.now(), leafTtlMs }))
      if (swept === this.#rotation) return
      await signer.setLinks(trustedRoots(swept).find(root => root.Active)?.IntermediateCerts ?? [])
      await this.#store(swept, signer, this.#configuration(), trustedRoots(swept))
    })
  }

  async #rotate(signer: BuiltInSigner, configuration: NewCaConfiguration, privateKeyPem: string): Promise<void> {
    if (!this.#isPrimary()) {
      throw new Fault(
        'invalid',
        `the root belongs to the primary datacenter "${this.#deps.store.self.primaryDatacenter}"; change it there`,
      )
    }
    const now = this.#deps.now()
    const next = this.#newSigner(newSignerState(signer.state().clusterId))
    const root = await next.generateRoot(rootRequest(configuration, privateKeyPem))
    const generated = accept(rotate(this.#rotation, { type: 'generated', root }))
    const ready = accept(await this.#crossSign(generated, signer, root, configuration))
    const active = accept(rotate(ready, { type: 'activated', now }))
    await next.setLinks(trustedRoots(active).find(each => each.Active)?.IntermediateCerts ?? [])
    await this.#store(active, next, configuration, trustedRoots(active))
    this.#deps.logger.info('rotated the root certificate', { root: root.ID })
  }

  async #crossSign(state: Rotation, old: BuiltInSigner, root: CaRoot, next: NewCaConfiguration): Promise<Rotated> {
    const force = next.ForceWithoutCrossSigning
    if (caSettings(next).disableCrossSigning) {
      return rotate(state, { type: 'cross-signing-refused', reason: 'DisableCrossSigning is set', force })
    }
    const certPem = await old.crossSign(root.RootCert)
    return rotate(state, { type: 'cross-signed', certPem, now: this.#deps.now() })
  }

  async #store(
    rotation: Rotation,
    signer: BuiltInSigner,
    configuration: NewCaConfiguration,
    roots: readonly CaRoot[],
  ): Promise<void> {
    const { store, committer, sealer } = this.#deps
    const state: CaState = { version: 1, rotation, signer: signer.state(), candidate: null }
    const { Provider, Config, State, ForceWithoutCrossSigning } = configuration
    const outcome = await committer.submit(current =>
      reduce(current, {
        type: 'set-ca',
        cas: store.get('caSigner', '')?.ModifyIndex ?? 0,
        roots: rootsRow(roots, signer.state().clusterId),
        config: { Provider, Config, State, ForceWithoutCrossSigning },
        signer: { sealed: sealer.seal(LABEL, encodeCaState(state)) },
      }),
    )
    if (!outcome.applied)
      throw new Fault('conflict', 'the certificate authority was changed by another server; try again')
    this.#signer = signer
    this.#rotation = rotation
  }

  #restore(): void {
    const row = this.#deps.store.get('caSigner', '')
    if (row === undefined) return
    const state = decodeCaState(this.#deps.sealer.open(LABEL, row.sealed))
    this.#signer = this.#newSigner(state.signer)
    this.#rotation = state.rotation
  }

  #newSigner(state: SignerState): BuiltInSigner {
    return new BuiltInSigner({ state, now: this.#deps.now })
  }

  #seed(): { configuration: NewCaConfiguration; privateKeyPem: string } {
    if (this.#deps.seed === undefined) return { configuration: defaultCaConfiguration(), privateKeyPem: '' }
    const read = readCaConfiguration({ Provider: 'consul', Config: this.#deps.seed })
    if (!read.ok) throw invalid('connect.ca_config', read.issues)
    return read.value
  }

  #configuration(): NewCaConfiguration {
    return this.#deps.store.get('caConfig', '') ?? defaultCaConfiguration()
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

function rootRequest(configuration: NewCaConfiguration, keyPem: string) {
  const { keyType, keyBits, rootTtlMs, rootCertPem } = caSettings(configuration)
  return { keyType, keyBits, ttlMs: rootTtlMs, keyPem, certPem: rootCertPem }
}

function accept({ state, issues }: Rotated): Rotation {
  if (issues.length > 0) throw invalid('Cannot rotate the root', issues)
  return state
}

function certificateOf(state: SignerState): Certificate | undefined {
  if (state.certPem === '' || state.kind !== 'intermediate') return undefined
  const read = readCertificate(state.certPem)
  return read.ok ? read.value : undefined
}
