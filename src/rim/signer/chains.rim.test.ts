// Every shape of chain a proxy can meet, judged by three verifiers: node:crypto link by link, a TLS handshake, and
// openssl where it is installed.
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { beforeAll, describe, expect, it } from 'vitest'
import { CLUSTER_ID, DAY_MS, TRUST_DOMAIN } from '../../../test/support/authority.ts'
import { decodePem, encodePem, joinPem } from '../../lib/pem.ts'
import { BuiltInSigner } from './built-in-signer.ts'
import {
  acceptIntermediate,
  activateRotation,
  followPrimary,
  intermediateOf,
  type NewRoot,
  prepareRotation,
  requestIntermediate,
  servedRoots,
  startPrimary,
  startSecondary,
  sweepRoots,
} from './ca-lifecycle.ts'
import { type CaState, decodeCaState, encodeCaState } from './ca-state.ts'
import type { IssuedLeaf } from './signer.ts'

const now = Date.now()
const EC = { keyType: 'ec' as const, keyBits: 256 }
const newRoot = (settings: Partial<NewRoot['settings']> = {}): NewRoot => ({
  settings: { ...EC, rootTtlMs: 3650 * DAY_MS, rootCertPem: '', disableCrossSigning: false, ...settings },
  privateKeyPem: '',
  force: false,
  now,
})
const stored = (state: CaState): CaState => decodeCaState(encodeCaState(state))

function leafOf(state: CaState, service: string): Promise<IssuedLeaf> {
  const spiffeUri = `spiffe://${TRUST_DOMAIN}/ns/default/dc/dc1/svc/${service}`
  const signer = new BuiltInSigner({ state: state.signer, now: () => now })
  return signer.issueLeaf({ spiffeUri, dnsSans: [], ipSans: [], ttlMs: 3 * DAY_MS })
}

async function giveIntermediate(secondary: CaState, primary: CaState): Promise<CaState> {
  const asked = await requestIntermediate(secondary, EC)
  const signer = new BuiltInSigner({ state: primary.signer, now: () => now })
  return acceptIntermediate(stored(asked.state), await signer.signIntermediate(asked.csrPem, 365 * DAY_MS))
}

const rotated = async (state: CaState, root = newRoot()) =>
  activateRotation(stored(await prepareRotation(stored(state), root)), now)
const bundle = (...states: CaState[]) => joinPem(states.flatMap(servedRoots).map(root => root.RootCert))
const onlyRoot = (state: CaState) => servedRoots(state).find(root => root.Active)?.RootCert ?? ''

/** The certificates of a PEM text. */
function certificates(pem: string): X509Certificate[] {
  const blocks = decodePem(pem)
  if (!blocks.ok) throw new Error('not PEM')
  return blocks.value.map(block => new X509Certificate(encodePem(block.label, block.bytes)))
}

/** Whether every certificate of the chain is issued by the next, and the last by one of the roots. */
function linked(chainPem: string, rootsPem: string): boolean {
  const chain = certificates(chainPem)
  const roots = certificates(rootsPem)
  const issued = (cert: X509Certificate, by: X509Certificate) => cert.checkIssued(by) && cert.verify(by.publicKey)
  const last = chain.findIndex(cert => roots.some(root => issued(cert, root)))
  return last >= 0 && chain.slice(0, last).every((cert, i) => issued(cert, chain[i + 1]!))
}

/**
 * A TLS 1.x handshake in which both sides show `leaf` and trust `rootsPem`: the identity the server saw, or an error
 * code.
 */
async function handshake(
  leaf: IssuedLeaf,
  rootsPem: string,
  version: 'TLSv1.2' | 'TLSv1.3' = 'TLSv1.3',
): Promise<string> {
  const own = { cert: leaf.certPem, key: leaf.privateKeyPem, ca: rootsPem, minVersion: version, maxVersion: version }
  const server = createServer({ ...own, requestCert: true, rejectUnauthorized: true })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const client = connect({ ...own, host: '127.0.0.1', port, checkServerIdentity: () => undefined })
  try {
    return await new Promise<string>(resolve => {
      server.once('secureConnection', (socket: TLSSocket) => resolve(socket.getPeerCertificate().subjectaltname ?? ''))
      server.once('tlsClientError', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
      client.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message))
    })
  } finally {
    client.destroy()
    await new Promise(resolve => server.close(resolve))
  }
}

const hasOpenssl = (() => {
  try {
    return execFileSync('openssl', ['version'], { encoding: 'utf8' }).startsWith('OpenSSL')
  } catch {
    return false
  }
})()

/** What `openssl verify` says, with only the leaf's own chain as untrusted help. */
function openssl(chainPem: string, rootsPem: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'chains-'))
  try {
    writeFileSync(join(dir, 'roots.pem'), rootsPem)
    writeFileSync(join(dir, 'chain.pem'), chainPem)
    const args = [
      'verify',
      '-x509_strict',
      '-purpose',
      'sslclient',
      '-CAfile',
      'roots.pem',
      '-untrusted',
      'chain.pem',
      'chain.pem',
    ]
    return execFileSync('openssl', args, { cwd: dir, encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch (error) {
    return String(error)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

async function expectTrusted(leaf: IssuedLeaf, rootsPem: string): Promise<void> {
  expect(linked(leaf.certPem, rootsPem)).toBe(true)
  expect(await handshake(leaf, rootsPem)).toBe(`URI:${leaf.spiffeUri}`)
  expect(await handshake(leaf, rootsPem, 'TLSv1.2')).toBe(`URI:${leaf.spiffeUri}`)
  if (hasOpenssl) expect(openssl(leaf.certPem, rootsPem)).toBe('chain.pem: OK')
}

async function expectRefused(leaf: IssuedLeaf, rootsPem: string): Promise<void> {
  expect(linked(leaf.certPem, rootsPem)).toBe(false)
  expect(await handshake(leaf, rootsPem)).toMatch(/UNABLE_TO|SELF_SIGNED|UNKNOWN_CA/)
}

let primary: CaState
let secondary: CaState
beforeAll(async () => {
  primary = await startPrimary(CLUSTER_ID, newRoot())
  secondary = await giveIntermediate(startSecondary(CLUSTER_ID, servedRoots(primary)), primary)
})

describe('in the primary datacenter', () => {
  it('a leaf is signed by the root itself', async () => {
    const leaf = await leafOf(primary, 'web')
    expect(certificates(leaf.certPem)).toHaveLength(1)
    expect(leaf.signingKeyId).toBe(servedRoots(primary)[0]?.SigningKeyID)
    await expectTrusted(leaf, onlyRoot(primary))
  })

  it('a leaf of another cluster is refused', async () => {
    const stranger = await startPrimary('99999999-2222-3333-4444-555555555555', newRoot())
    await expectRefused(await leafOf(stranger, 'web'), onlyRoot(primary))
  })
})

describe('in a secondary datacenter', () => {
  it('a leaf comes with the intermediate and verifies under the primary root', async () => {
    const leaf = await leafOf(secondary, 'api')
    expect(certificates(leaf.certPem)).toHaveLength(2)
    await expectTrusted(leaf, onlyRoot(primary))
  })

  it('the roots served name the intermediate as the one that signs', async () => {
    const [root] = servedRoots(secondary)
    const [intermediate] = certificates(root?.IntermediateCerts?.[0] ?? '')
    expect(root?.ID).toBe(servedRoots(primary)[0]?.ID)
    expect(intermediate?.subject).toMatch(/^CN=sec-[0-9a-f]{8}\.consul\.ca\.11111111\.consul$/)
    expect((await leafOf(secondary, 'api')).signingKeyId).toBe(root?.SigningKeyID)
  })

  it('nothing can be signed before there is an intermediate', async () => {
    await expect(leafOf(startSecondary(CLUSTER_ID, servedRoots(primary)), 'api')).rejects.toMatchObject({
      code: 'unavailable',
    })
  })

  it('an intermediate under an unknown root is refused', async () => {
    const other = await startPrimary(CLUSTER_ID, newRoot())
    await expect(giveIntermediate(secondary, other)).rejects.toMatchObject({ code: 'conflict' })
  })

  it('the intermediate goes on signing while its successor is asked for', async () => {
    const asked = await requestIntermediate(secondary, EC)
    await expectTrusted(await leafOf(stored(asked.state), 'api'), onlyRoot(primary))
  })
})

describe('after a rotation', () => {
  let after: CaState
  let following: CaState
  beforeAll(async () => {
    after = await rotated(primary)
    following = followPrimary(secondary, servedRoots(after))
  })

  it('a new leaf verifies for those who know only the old root, only the new one, or both', async () => {
    const leaf = await leafOf(after, 'web')
    await expectTrusted(leaf, onlyRoot(primary))
    await expectTrusted(leaf, onlyRoot(after))
    await expectTrusted(leaf, bundle(after))
  })

  it('an old leaf verifies for those who have both roots', async () => {
    await expectTrusted(await leafOf(primary, 'web'), bundle(after))
    await expectTrusted(await leafOf(secondary, 'api'), bundle(after))
    await expectRefused(await leafOf(primary, 'web'), onlyRoot(after))
  })

  it('a secondary datacenter signs with its old intermediate until it has a new one', async () => {
    await expectTrusted(await leafOf(following, 'api'), bundle(after))
    await expectTrusted(await leafOf(following, 'api'), onlyRoot(primary))
  })

  it('a leaf under the new intermediate verifies under the old root too', async () => {
    const renewed = await giveIntermediate(following, after)
    const leaf = await leafOf(renewed, 'api')
    expect(certificates(leaf.certPem)).toHaveLength(3)
    await expectTrusted(leaf, onlyRoot(primary))
    await expectTrusted(leaf, onlyRoot(after))
    await expectTrusted(leaf, bundle(after))
  })

  it('a second rotation within the week still reaches those who know only the first root', async () => {
    const third = await rotated(after)
    const leaf = await leafOf(third, 'web')
    for (const state of [primary, after, third]) await expectTrusted(leaf, onlyRoot(state))
    const renewed = await giveIntermediate(followPrimary(secondary, servedRoots(third)), third)
    for (const state of [primary, after, third]) await expectTrusted(await leafOf(renewed, 'api'), onlyRoot(state))
  })

  it('a rotation that was prepared twice takes the second root', async () => {
    const once = await prepareRotation(primary, newRoot())
    const twice = activateRotation(await prepareRotation(once, newRoot()), now)
    expect(servedRoots(twice)).toHaveLength(2)
    await expectTrusted(await leafOf(twice, 'web'), onlyRoot(primary))
  })

  it('the old root and its traces go when their time is over', async () => {
    const swept = sweepRoots(after, now + 8 * DAY_MS, 3 * DAY_MS)
    expect(servedRoots(swept).map(root => [root.Active, root.IntermediateCerts])).toEqual([[true, null]])
    const leaf = await leafOf(swept, 'web')
    expect(certificates(leaf.certPem)).toHaveLength(1)
    await expectTrusted(leaf, onlyRoot(after))
    expect(sweepRoots(after, now, 3 * DAY_MS)).toBe(after)
  })

  it('nothing happens when the old root may not certify the new one, unless it is forced', async () => {
    const refused = newRoot({ disableCrossSigning: true })
    await expect(prepareRotation(primary, refused)).rejects.toThrow(
      /DisableCrossSigning is true.*ForceWithoutCrossSigning/,
    )
    const forced = await rotated(primary, { ...refused, force: true })
    await expectTrusted(await leafOf(forced, 'web'), bundle(forced))
    await expectRefused(await leafOf(forced, 'web'), onlyRoot(primary))
  })

  it('activating what was not prepared is a conflict', () => {
    expect(() => activateRotation(primary, now)).toThrow(/no root is ready/)
    expect(intermediateOf(primary)).toBeUndefined()
  })
})

describe('keys of every kind', () => {
  it.each<['ec' | 'rsa', number]>([
    ['ec', 224],
    ['ec', 384],
    ['ec', 521],
    ['rsa', 2048],
  ])('%s %i rotate to P-256 and back', async (keyType, keyBits) => {
    const other = await rotated(primary, newRoot({ keyType, keyBits }))
    const back = await rotated(other)
    for (const state of [primary, other, back]) await expectTrusted(await leafOf(back, 'web'), onlyRoot(state))
    const far = await giveIntermediate(startSecondary(CLUSTER_ID, servedRoots(other)), other)
    await expectTrusted(await leafOf(far, 'api'), onlyRoot(primary))
  })
})
