// The certificate extensions we write and understand, as plain data. Duplicates are refused; unknown ones are only
// remembered.

import {
  Asn1Error,
  boolean,
  contextTag,
  type DerNode,
  element,
  expectTag,
  namedBits,
  octetString,
  oid,
  readBoolean,
  readDer,
  readNamedBits,
  readOid,
  readSmallInteger,
  sequence,
  smallInteger,
  TAG,
} from '../asn1.ts'
import { OID } from './oids.ts'
import { NO_NAMES, readSubjectAltNames, type SubjectAltNames, writeSubjectAltNames } from './subject-alt-names.ts'

const KEY_USAGES = [
  'digitalSignature',
  'contentCommitment',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
] as const

export type KeyUsage = (typeof KEY_USAGES)[number]
export type ExtKeyUsage = 'serverAuth' | 'clientAuth'

export interface Extensions {
  readonly isCa: boolean
  /** How many intermediates may follow; absent means any number. */
  readonly pathLength?: number
  readonly keyUsage: readonly KeyUsage[]
  readonly extKeyUsage: readonly ExtKeyUsage[]
  readonly subjectKeyId?: Uint8Array
  readonly authorityKeyId?: Uint8Array
  readonly subjectAltNames: SubjectAltNames
  /** Dotted ids of critical extensions we do not understand; read only. */
  readonly unknownCritical: readonly string[]
}

const NO_EXTENSIONS: Extensions = {
  isCa: false,
  keyUsage: [],
  extKeyUsage: [],
  subjectAltNames: NO_NAMES,
  unknownCritical: [],
}

/**
 * DER of Extensions (the SEQUENCE). Alternative names are critical when the subject is empty, as RFC 5280 4.2.1.6 asks.
 */
export function writeExtensions(extensions: Extensions, subjectIsEmpty: boolean): Uint8Array {
  const names = extensions.subjectAltNames
  const { subjectKeyId, authorityKeyId } = extensions
  const hasNames = names.uris.length + names.dns.length + names.ips.length > 0
  return sequence(
    writeUsages(extensions),
    ...(subjectKeyId ? [extension(ID.subjectKeyId, false, octetString(subjectKeyId))] : []),
    ...(authorityKeyId ? [extension(ID.authorityKeyId, false, sequence(element(KEY_ID, authorityKeyId)))] : []),
    ...(hasNames ? [extension(ID.subjectAltName, subjectIsEmpty, writeSubjectAltNames(names))] : []),
  )
}

const KEY_ID = contextTag(0, true)
const CRITICAL = boolean(true)
const ID = {
  keyUsage: oid(OID.keyUsage),
  extKeyUsage: oid(OID.extKeyUsage),
  basicConstraints: oid(OID.basicConstraints),
  subjectKeyId: oid(OID.subjectKeyId),
  authorityKeyId: oid(OID.authorityKeyId),
  subjectAltName: oid(OID.subjectAltName),
}
const EXT_KEY_USAGE = { serverAuth: oid(OID.serverAuth), clientAuth: oid(OID.clientAuth) }

function extension(id: Uint8Array, critical: boolean, value: Uint8Array): Uint8Array {
  return critical ? sequence(id, CRITICAL, octetString(value)) : sequence(id, octetString(value))
}

// Profiles are few and leaves are many, so the part that only depends on the profile is written once.
const usages = new Map<string, Uint8Array>()

/** The three extensions that depend only on the profile, concatenated. */
function writeUsages(extensions: Extensions): Uint8Array {
  const { isCa, pathLength, keyUsage, extKeyUsage } = extensions
  const profile = `${isCa} ${pathLength} ${keyUsage.join()} ${extKeyUsage.join()}`
  const written = usages.get(profile)
  if (written !== undefined) return written
  const fresh = encodeUsages(extensions)
  if (usages.size < MAX_PROFILES) usages.set(profile, fresh)
  return fresh
}

const MAX_PROFILES = 64

function encodeUsages({ isCa, pathLength, keyUsage, extKeyUsage }: Extensions): Uint8Array {
  const bits = keyUsage.map(usage => KEY_USAGES.indexOf(usage))
  const purposes = extKeyUsage.map(usage => EXT_KEY_USAGE[usage])
  const length = isCa && pathLength !== undefined ? [smallInteger(pathLength)] : []
  return Buffer.concat([
    ...(bits.length > 0 ? [extension(ID.keyUsage, true, namedBits(bits))] : []),
    ...(purposes.length > 0 ? [extension(ID.extKeyUsage, false, sequence(...purposes))] : []),
    extension(ID.basicConstraints, true, isCa ? sequence(boolean(true), ...length) : sequence()),
  ])
}

type Draft = { -readonly [K in keyof Extensions]: Extensions[K] }

/** Reads Extensions (the SEQUENCE). Throws Asn1Error. */
export function readExtensions(node: DerNode): Extensions {
  const draft: Draft = { ...NO_EXTENSIONS }
  const seen = new Set<string>()
  for (const each of expectTag(node, TAG.sequence, 'extensions').children) {
    const { id, critical, value } = readExtension(each)
    if (seen.has(id)) throw new Asn1Error(`extension ${id} occurs twice`)
    seen.add(id)
    if (!readKnown(id, value, draft) && critical) draft.unknownCritical = [...draft.unknownCritical, id]
  }
  return draft
}

/** What a certificate without extensions says. */
export function noExtensions(): Extensions {
  return NO_EXTENSIONS
}

function readExtension(node: DerNode): { id: string; critical: boolean; value: Uint8Array } {
  const [id, ...rest] = expectTag(node, TAG.sequence, 'extension').children
  const flagged = rest[0]?.tag === TAG.boolean
  const [value, extra] = flagged ? rest.slice(1) : rest
  if (extra !== undefined) throw new Asn1Error('extension has too many parts')
  return {
    id: readOid(id, 'extension id'),
    critical: flagged && readBoolean(rest[0], 'extension criticality'),
    value: expectTag(value, TAG.octetString, 'extension value').content,
  }
}

/** Reads one extension into the draft; false when we do not know it. */
function readKnown(id: string, value: Uint8Array, draft: Draft): boolean {
  switch (id) {
    case OID.subjectAltName:
      draft.subjectAltNames = readSubjectAltNames(value)
      return true
    case OID.basicConstraints:
      readBasicConstraints(readDer(value), draft)
      return true
    case OID.keyUsage:
      draft.keyUsage = readNamedBits(readDer(value), 'key usage').flatMap(bit => KEY_USAGES[bit] ?? [])
      return true
    case OID.extKeyUsage:
      draft.extKeyUsage = readExtKeyUsage(readDer(value))
      return true
    case OID.subjectKeyId:
      draft.subjectKeyId = expectTag(readDer(value), TAG.octetString, 'subject key id').content
      return true
    case OID.authorityKeyId: {
      const keyId = expectTag(readDer(value), TAG.sequence, 'authority key id').children.find(
        part => part.tag === KEY_ID,
      )
      if (keyId !== undefined) draft.authorityKeyId = keyId.content
      return true
    }
    default:
      return false
  }
}

function readBasicConstraints(node: DerNode, draft: Draft): void {
  const parts = [...expectTag(node, TAG.sequence, 'basic constraints').children]
  if (parts[0]?.tag === TAG.boolean) draft.isCa = readBoolean(parts.shift(), 'basic constraints CA')
  if (parts.length > 0) draft.pathLength = readSmallInteger(parts.shift(), 'basic constraints path length')
  if (parts.length > 0) throw new Asn1Error('basic constraints have too many parts')
}

function readExtKeyUsage(node: DerNode): ExtKeyUsage[] {
  return expectTag(node, TAG.sequence, 'extended key usage').children.flatMap(purpose => {
    const id = readOid(purpose, 'extended key usage')
    if (id === OID.serverAuth) return ['serverAuth']
    return id === OID.clientAuth ? ['clientAuth'] : []
  })
}
