// What a new CA configuration asks for, compared with the one in force: nothing, other lifetimes and limits, or another
// root.

import { deepEqual } from '../../lib/deep-equal.ts'
import type { Issue } from '../../lib/schema.ts'
import { colonHex, fingerprint } from '../../lib/x509/hex.ts'
import { keyId, keyWeakness, sameKey } from '../../lib/x509/public-key.ts'
import { type Certificate, isSignedBy, readCertificate } from '../../lib/x509/read-certificate.ts'
import { readSigningKey } from '../../lib/x509/signature.ts'
import type { CaRoot, NewCaConfiguration } from '../model/ca.ts'
import { type CaSettings, caSettings, type ReadConfiguration } from './ca-configuration.ts'

export type ConfigurationChange =
  | { readonly kind: 'none' }
  /** Store it; the root stays. */
  | { readonly kind: 'settings' }
  /** Make or take the new root, then rotate to it. */
  | { readonly kind: 'rotate' }
  | { readonly kind: 'refused'; readonly issues: readonly Issue[] }

/** Decides what `next` does to a primary whose configuration and active root are given. `now` is in milliseconds. */
export function configurationChange(
  current: { readonly configuration: NewCaConfiguration; readonly activeRoot: CaRoot },
  next: ReadConfiguration,
  now: number,
): ConfigurationChange {
  const { configuration, privateKeyPem } = next
  if (configuration.State !== null && !deepEqual(configuration.State, current.configuration.State)) {
    return refuse('State', 'must be left out or be what the server shows')
  }
  const settings = caSettings(configuration)
  const before = caSettings(current.configuration)
  const custom = customRootChange(settings.rootCertPem, privateKeyPem, current.activeRoot, now)
  if (custom.kind === 'refused' || custom.kind === 'rotate') return custom
  if (custom.kind === 'none' && (before.rootCertPem !== '' || keyPolicyChanged(before, settings)))
    return { kind: 'rotate' }

  const stored = { ...configuration, State: current.configuration.State }
  return deepEqual(stored, withoutIndexes(current.configuration)) ? { kind: 'none' } : { kind: 'settings' }
}

/**
 * `none`: no root is given. `settings`: the configuration names the root that is active, so its key policy is not
 * looked at.
 */
function customRootChange(rootPem: string, keyPem: string, active: CaRoot, now: number): ConfigurationChange {
  if (rootPem === '' && keyPem === '') return { kind: 'none' }
  if (rootPem !== '') {
    const root = readCertificate(rootPem)
    if (!root.ok) return { kind: 'refused', issues: root.issues.map(issue => ({ ...issue, path: 'Config.RootCert' })) }
    if (fingerprint(root.value.der) === active.ID) return { kind: 'settings' }
  }
  const issues = customRootIssues(rootPem, keyPem, now)
  if (issues.length > 0) return { kind: 'refused', issues }
  return rootPem === '' && keyIdOf(keyPem) === activeKeyId(active) ? { kind: 'settings' } : { kind: 'rotate' }
}

/**
 * Everything wrong with a root given by the user (PEM of key and certificate; the certificate may be '' to have one
 * made).
 */
export function customRootIssues(rootPem: string, keyPem: string, now: number): readonly Issue[] {
  if (keyPem === '') return [{ path: 'Config.PrivateKey', message: 'is required with a new RootCert' }]
  const key = readSigningKey(keyPem)
  if (!key.ok) return key.issues.map(issue => ({ ...issue, path: 'Config.PrivateKey' }))
  const { kind } = key.value.publicKey
  const weakness =
    kind.type === 'ed25519' ? 'Ed25519 keys are not supported; allowed are EC and RSA' : keyWeakness(kind, { ca: true })
  const issues: Issue[] = weakness === undefined ? [] : [{ path: 'Config.PrivateKey', message: weakness }]
  if (rootPem === '') return issues

  const root = readCertificate(rootPem)
  if (!root.ok) return [...issues, ...root.issues.map(issue => ({ ...issue, path: 'Config.RootCert' }))]
  if (!sameKey(root.value.publicKey, key.value.publicKey)) {
    issues.push({ path: 'Config.PrivateKey', message: 'is not the key of RootCert' })
  }
  return [...issues, ...rootIssues(root.value, now).map(message => ({ path: 'Config.RootCert', message }))]
}

function rootIssues(root: Certificate, now: number): string[] {
  const { isCa, keyUsage, unknownCritical } = root.extensions
  const issues: string[] = []
  if (!isCa) issues.push('is not a certificate authority (basic constraints)')
  if (keyUsage.length > 0 && !keyUsage.includes('keyCertSign')) issues.push('may not sign certificates (key usage)')
  if (root.extensions.pathLength === 0)
    issues.push('allows no intermediate (path length 0), which other datacenters need')
  if (!isSignedBy(root, root)) issues.push('is not self-signed')
  if (unknownCritical.length > 0)
    issues.push(`has critical extensions that are not supported: ${unknownCritical.join(', ')}`)
  if (root.notAfter <= now) issues.push('has expired')
  if (root.notBefore > now) issues.push('is not valid yet')
  return issues
}

function keyIdOf(keyPem: string): string {
  const key = readSigningKey(keyPem)
  return key.ok ? colonHex(keyId(key.value.publicKey.spki)) : ''
}

function activeKeyId(active: CaRoot): string {
  const root = readCertificate(active.RootCert)
  return root.ok ? colonHex(keyId(root.value.publicKey.spki)) : ''
}

function keyPolicyChanged(a: CaSettings, b: CaSettings): boolean {
  return a.keyType !== b.keyType || a.keyBits !== b.keyBits
}

function withoutIndexes(configuration: NewCaConfiguration): NewCaConfiguration {
  const { Provider, Config, State, ForceWithoutCrossSigning } = configuration
  return { Provider, Config, State, ForceWithoutCrossSigning }
}

function refuse(path: string, message: string): ConfigurationChange {
  return { kind: 'refused', issues: [{ path, message }] }
}
