// Between DNS messages and bytes.

import { type Answer, decode, encode, encodingLength, type OptAnswer, type Packet } from 'dns-packet'
import type { Carrier, Fitted } from '../../core/dns/fit-records.ts'
import type { DnsRecord } from '../../core/dns/records.ts'

export interface DnsQuery {
  readonly id: number
  readonly name: string
  readonly type: string
  /** False for updates, notifications and the like. */
  readonly isPlain: boolean
  readonly wantsRecursion: boolean
  /** Undefined when the client has not said what it takes (EDNS, RFC 6891). */
  readonly bufferSize: number | undefined
}

const RCODES = { ok: 0, malformed: 1, failed: 2, 'no-such-name': 3, 'not-implemented': 4, refused: 5 } as const
export type ResponseCode = keyof typeof RCODES

const RECURSION_DESIRED = 1 << 8
const RECURSION_AVAILABLE = 1 << 7
const TRUNCATED = 1 << 9
const AUTHORITATIVE = 1 << 10
const OPCODE_BITS = 0xf << 11
const OUR_BUFFER = 4096

/** Reads a query; undefined when it is none. */
export function readQuery(bytes: Buffer): DnsQuery | undefined {
  const packet = decoded(bytes)
  const question = packet?.questions?.[0]
  if (packet === undefined || packet.type !== 'query' || question === undefined || packet.questions?.length !== 1) {
    return undefined
  }
  const flags = packet.flags ?? 0
  const edns = packet.additionals?.find((each): each is OptAnswer => each.type === 'OPT')
  return {
    id: packet.id ?? 0,
    name: question.name,
    type: question.type,
    isPlain: (flags & OPCODE_BITS) === 0 && (question.class ?? 'IN') === 'IN',
    wantsRecursion: (flags & RECURSION_DESIRED) !== 0,
    bufferSize: edns?.udpPayloadSize,
  }
}

function decoded(bytes: Buffer): Packet | undefined {
  try {
    return decode(bytes)
  } catch {
    return undefined
  }
}

export interface Response {
  readonly code: ResponseCode
  readonly isAuthoritative: boolean
  readonly offersRecursion: boolean
  readonly records: Fitted
  readonly authorities: readonly DnsRecord[]
}

export function writeResponse(query: DnsQuery, response: Response): Buffer {
  return encode(packetOf(query, response))
}

/** Bytes of a response. */
export function responseSize(query: DnsQuery, response: Response): number {
  return encodingLength(packetOf(query, response))
}

/** Says that what came cannot be read; undefined when it is too short even for that. */
export function malformedResponse(bytes: Buffer): Buffer | undefined {
  const isResponse = ((bytes[2] ?? 0) & 0x80) !== 0
  if (bytes.length < 12 || isResponse) return undefined
  return encode({ type: 'response', id: bytes.readUInt16BE(0), flags: RCODES.malformed })
}

function packetOf(query: DnsQuery, { code, records, ...response }: Response): Packet {
  const flags =
    RCODES[code] |
    (response.isAuthoritative ? AUTHORITATIVE : 0) |
    (query.wantsRecursion ? RECURSION_DESIRED : 0) |
    (response.offersRecursion ? RECURSION_AVAILABLE : 0) |
    (records.isCut ? TRUNCATED : 0)
  return {
    ...{ type: 'response', id: query.id, flags },
    // Types that only the library's own list lacks come back as they were asked.
    questions: [{ name: query.name, type: query.type as 'A', class: 'IN' }],
    answers: records.answers.map(answerOf),
    authorities: response.authorities.map(answerOf),
    additionals: [...records.additionals.map(answerOf), ...(query.bufferSize === undefined ? [] : [EDNS])],
  }
}

const EDNS: OptAnswer = {
  ...{ type: 'OPT', name: '.', udpPayloadSize: OUR_BUFFER, extendedRcode: 0, ednsVersion: 0 },
  ...{ flags: 0, flag_do: false, options: [] },
}

function answerOf(record: DnsRecord): Answer {
  return { ...record, class: 'IN' }
}

export function carrierOf(kind: Carrier['kind'], { bufferSize }: DnsQuery): Carrier {
  return { kind, bufferSize }
}
