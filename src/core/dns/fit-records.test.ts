import { describe, expect, it } from 'vitest'
import { type Carrier, fitRecords } from './fit-records.ts'
import type { DnsOptions } from './options.ts'
import { serviceTtl } from './options.ts'
import type { DnsRecord, Records } from './records.ts'

const OPTIONS: DnsOptions = {
  ...{ domains: ['consul'], nodeTtl: 0, serviceTtl: {}, onlyPassing: false, addressLimit: 0, udpAnswerLimit: 3 },
  ...{ truncates: false, sendsNodeMeta: false, soa: { refresh: 0, retry: 0, expire: 0, minimum: 0 } },
}

const record = (i: number): DnsRecord => ({ name: 'x', ttl: 0, type: 'A', data: `10.0.0.${i}` })
const some = (count: number) => Array.from({ length: count }, (_, i) => record(i))
/** Each record takes 100 bytes. */
const sizeOf = ({ answers, additionals }: Records) => 100 * (answers.length + additionals.length)

function counts(carrier: Carrier, answers: number, additionals = 0, options: Partial<DnsOptions> = {}) {
  const records = { answers: some(answers), additionals: some(additionals) }
  const fitted = fitRecords(records, carrier, { ...OPTIONS, ...options }, sizeOf)
  return [fitted.answers.length, fitted.additionals.length, fitted.isCut]
}

describe('an answer', () => {
  const plain: Carrier = { kind: 'udp', bufferSize: undefined }

  it('has few records for clients that take small datagrams', () => {
    expect(counts(plain, 2)).toEqual([2, 0, false])
    expect(counts(plain, 50)).toEqual([3, 0, true])
    expect(counts({ kind: 'udp', bufferSize: 100 }, 50)).toEqual([3, 0, true])
  })

  it('fills what the client takes, up to a bound', () => {
    expect(counts({ kind: 'udp', bufferSize: 1232 }, 50)).toEqual([12, 0, true])
    expect(counts({ kind: 'udp', bufferSize: 65_535 }, 50)).toEqual([40, 0, true])
    expect(counts({ kind: 'tcp', bufferSize: undefined }, 50)).toEqual([50, 0, false])
  })

  it('loses first what only spares a question', () => {
    expect(counts({ kind: 'udp', bufferSize: 1000 }, 8, 5)).toEqual([8, 2, false])
  })

  it('has no more addresses than are wished', () => {
    expect(counts({ kind: 'tcp', bufferSize: undefined }, 50, 0, { addressLimit: 2 })).toEqual([2, 0, true])
    expect(counts(plain, 50, 0, { addressLimit: 5, udpAnswerLimit: 4 })).toEqual([4, 0, true])
  })
})

it('the time to live of a service is by name, by the longest prefix, or by default', () => {
  const ttls = { '*': 1, 'we*': 2, 'web*': 3, web: 4 }
  expect(['web', 'webx', 'wex', 'api', 'constructor'].map(name => serviceTtl(name, ttls))).toEqual([4, 3, 2, 1, 1])
  expect(serviceTtl('web', {})).toBe(0)
})
