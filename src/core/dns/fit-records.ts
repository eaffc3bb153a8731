// Makes an answer fit into what carries it.

import type { DnsOptions } from './options.ts'
import type { DnsRecord, Records } from './records.ts'

export interface Carrier {
  readonly kind: 'udp' | 'tcp'
  /** Bytes of a UDP datagram that the client takes; undefined when it has not said. */
  readonly bufferSize: number | undefined
}

/** What every client takes over UDP (RFC 1035, 4.2.1). */
const PLAIN_SIZE = 512
/** Above this, datagrams are fragmented on their way. */
const LARGEST_DATAGRAM = 4096
const LARGEST_MESSAGE = 65_535

export type Fitted = Records & { readonly isCut: boolean }

/** Leaves out records until `sizeOf` what is left fits: those that only spare a question first. */
export function fitRecords(
  records: Records,
  carrier: Carrier,
  options: DnsOptions,
  sizeOf: (records: Records) => number,
): Fitted {
  const limited = limitCounts(records.answers, carrier, options)
  const limit = sizeLimit(carrier)
  const whole = { answers: limited, additionals: records.additionals }
  const isLimited = limited.length < records.answers.length
  if (sizeOf(whole) <= limit) return { ...whole, isCut: isLimited }
  const answers = longestFitting(limited, some => sizeOf({ answers: some, additionals: [] }) <= limit)
  const isCut = isLimited || answers.length < limited.length
  const additionals = longestFitting(records.additionals, some => sizeOf({ answers, additionals: some }) <= limit)
  return { answers, additionals, isCut }
}

function limitCounts(answers: readonly DnsRecord[], carrier: Carrier, options: DnsOptions): readonly DnsRecord[] {
  const areAddresses = answers.every(({ type }) => type === 'A' || type === 'AAAA')
  const addresses = areAddresses && options.addressLimit > 0 ? options.addressLimit : Number.POSITIVE_INFINITY
  const isSmall = carrier.kind === 'udp' && sizeLimit(carrier) <= PLAIN_SIZE
  return answers.slice(0, Math.min(addresses, isSmall ? options.udpAnswerLimit : Number.POSITIVE_INFINITY))
}

function sizeLimit({ kind, bufferSize }: Carrier): number {
  if (kind === 'tcp') return LARGEST_MESSAGE
  return Math.min(Math.max(bufferSize ?? PLAIN_SIZE, PLAIN_SIZE), LARGEST_DATAGRAM)
}

/** The longest beginning of a list that fits, found by halving. */
function longestFitting<T>(list: readonly T[], fits: (some: readonly T[]) => boolean): readonly T[] {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (fits(list.slice(0, middle))) low = middle
    else high = middle - 1
  }
  return list.slice(0, low)
}
