// The peering token: all that another cluster needs to dial this one, handed over by people. Encoding and decoding; what may be
// wrong with a token is in inspect-token.ts.

import { decodeBase64, encodeBase64 } from '../../lib/base64.ts'
import { splitHostPort } from '../../lib/host-port.ts'
import type { Decoded, Issue } from '../../lib/schema.ts'
import { readCertificate } from '../../lib/x509/read-certificate.ts'

export interface PeeringToken {
  /** PEM of the authorities that the servers are verified by. */
  readonly CA: readonly string[]
  /** When there are any they are dialled instead of the others. */
  readonly ManualServerAddresses: readonly string[]
  readonly ServerAddresses: readonly string[]
  /** The name in the servers' certificate. */
  readonly ServerName: string
  /** The id of the peering in the cluster that made the token. */
  readonly PeerID: string
  /** Works once. */
  readonly EstablishmentSecret: string
  readonly Remote: { readonly Partition: string; readonly Datacenter: string }
}

/** Base64 of compact JSON. */
export function encodeToken(token: PeeringToken): string {
  const { CA, ManualServerAddresses, ServerAddresses, ServerName, PeerID, EstablishmentSecret, Remote } = token
  return encodeBase64(
    JSON.stringify({
      CA,
      ManualServerAddresses,
      ServerAddresses,
      ServerName,
      PeerID,
      EstablishmentSecret,
      Remote: { Partition: Remote.Partition, Datacenter: Remote.Datacenter },
    }),
  )
}

const MAX_CHARACTERS = 256 * 1024
const MAX_ADDRESSES = 256

/** Reads a token. Never throws; what is wrong is told with the path of the field, and secrets are not quoted. */
export function decodeToken(text: string): Decoded<PeeringToken> {
  if (text.length > MAX_CHARACTERS) return refuse('', `is longer than ${MAX_CHARACTERS} characters`)
  const json = decodeBase64(text)
  if (json === undefined) return refuse('', 'is not base64 text; was all of it copied?')
  const value = parseObject(json)
  if (value === undefined) return refuse('', 'does not hold a JSON object; it is not a peering token')
  const token = readToken(value)
  const issues = checkToken(token)
  return issues.length === 0 ? { ok: true, value: token } : { ok: false, issues }
}

/** The addresses to dial, in order. */
export function tokenAddresses(
  token: Pick<PeeringToken, 'ManualServerAddresses' | 'ServerAddresses'>,
): readonly string[] {
  return token.ManualServerAddresses.length > 0 ? token.ManualServerAddresses : token.ServerAddresses
}

type Json = Readonly<Record<string, unknown>>

function parseObject(json: string): Json | undefined {
  try {
    return objectOf(JSON.parse(json))
  } catch {
    return undefined
  }
}

function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined
}

/** Fields of newer releases are ignored. */
function readToken(value: Json): PeeringToken {
  const remote = objectOf(value.Remote) ?? {}
  return {
    CA: texts(value.CA),
    ManualServerAddresses: texts(value.ManualServerAddresses),
    ServerAddresses: texts(value.ServerAddresses),
    ServerName: textOf(value.ServerName),
    PeerID: textOf(value.PeerID),
    EstablishmentSecret: textOf(value.EstablishmentSecret),
    Remote: { Partition: textOf(remote.Partition), Datacenter: textOf(remote.Datacenter) },
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function texts(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.map(textOf) : []
}

const HOST_NAME = /^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$/
const PRINTABLE = /^[\x21-\x7e]{1,255}$/

function checkToken(token: PeeringToken): readonly Issue[] {
  const issues: Issue[] = []
  const report = (path: string, message: string) => issues.push({ path, message })
  if (token.CA.length === 0) report('CA', 'is empty: without authorities the servers cannot be verified')
  for (const [i, pem] of token.CA.entries()) {
    const certificate = readCertificate(pem.trim())
    if (!certificate.ok) report(`CA[${i}]`, certificate.issues[0]?.message ?? 'is not a certificate')
  }
  if (tokenAddresses(token).length === 0) report('ServerAddresses', 'has no addresses to dial')
  for (const field of ['ManualServerAddresses', 'ServerAddresses'] as const) {
    if (token[field].length > MAX_ADDRESSES) report(field, `has more than ${MAX_ADDRESSES} addresses`)
    for (const [i, address] of token[field].entries()) {
      if (splitHostPort(address) === undefined) report(`${field}[${i}]`, `${JSON.stringify(address)} is not host:port`)
    }
  }
  if (!HOST_NAME.test(token.ServerName))
    report('ServerName', token.ServerName === '' ? 'is missing' : 'is not a host name')
  if (!PRINTABLE.test(token.PeerID)) report('PeerID', token.PeerID === '' ? 'is missing' : 'is not an id')
  if (!PRINTABLE.test(token.EstablishmentSecret)) report('EstablishmentSecret', 'is missing')
  return issues
}

function refuse(path: string, message: string): Decoded<never> {
  return { ok: false, issues: [{ path, message }] }
}
