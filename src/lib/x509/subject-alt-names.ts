// The subjectAltName extension value: URIs, DNS names, IP addresses. Other kinds are only counted, so that rules can
// refuse them.

import {
  Asn1Error,
  asciiBytes,
  contextTag,
  type DerNode,
  element,
  expectTag,
  readAscii,
  readDer,
  sequence,
  TAG,
} from '../asn1.ts'
import { ipOctets, ipText } from './ip.ts'

export interface SubjectAltNames {
  readonly uris: readonly string[]
  readonly dns: readonly string[]
  readonly ips: readonly string[]
  readonly emails: readonly string[]
  /** How many names are of any other kind (otherName, directoryName, ...). */
  readonly others: number
}

export const NO_NAMES: SubjectAltNames = { uris: [], dns: [], ips: [], emails: [], others: 0 }

const EMAIL = contextTag(1, true)
const DNS = contextTag(2, true)
const URI = contextTag(6, true)
const IP = contextTag(7, true)

/** DER of GeneralNames: URIs, then DNS names, then addresses. Throws RangeError for text a certificate cannot carry. */
export function writeSubjectAltNames(names: Pick<SubjectAltNames, 'uris' | 'dns' | 'ips'>): Uint8Array {
  return sequence(
    ...names.uris.map(uri => element(URI, asciiBytes(uri))),
    ...names.dns.map(name => element(DNS, asciiBytes(name))),
    ...names.ips.map(ip => element(IP, octets(ip))),
  )
}

function octets(ip: string): Uint8Array {
  const bytes = ipOctets(ip)
  if (bytes === undefined) throw new RangeError(`not an IP address: ${JSON.stringify(ip)}`)
  return bytes
}

/** Reads GeneralNames. Throws Asn1Error. */
export function readSubjectAltNames(der: Uint8Array): SubjectAltNames {
  const { children } = expectTag(readDer(der), TAG.sequence, 'subject alternative names')
  const texts = (tag: number) => children.filter(name => name.tag === tag).map(name => printable(name))
  const known = new Set([EMAIL, DNS, URI, IP])
  return {
    uris: texts(URI),
    dns: texts(DNS),
    emails: texts(EMAIL),
    ips: children.filter(name => name.tag === IP).map(address),
    others: children.filter(name => !known.has(name.tag)).length,
  }
}

function printable(name: DerNode): string {
  const text = readAscii(name.content, 'subject alternative name')
  if (/[\0-\x20\x7f]/.test(text)) throw new Asn1Error('subject alternative name has a space or a control character')
  return text
}

function address(name: DerNode): string {
  const text = ipText(name.content)
  if (text === undefined) throw new Asn1Error(`IP address of ${name.content.length} octets`)
  return text
}
