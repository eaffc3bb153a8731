// Certificate times. Milliseconds since the epoch here, whole seconds on the wire: UTCTime up to 2049, GeneralizedTime
// after.

import { Asn1Error, asciiBytes, type DerNode, element, readAscii, TAG } from '../asn1.ts'

/** DER of a time, rounded down to the second, as RFC 5280 4.1.2.5 wants it. */
export function writeTime(ms: number): Uint8Array {
  const date = new Date(ms)
  const year = date.getUTCFullYear()
  if (!(year >= 0 && year <= 9999)) throw new RangeError(`not a time a certificate can carry: ${ms}`)
  const rest = [
    date.getUTCMonth() + 1,
    date.getUTCDate(),
    date.getUTCHours(),
    date.getUTCMinutes(),
    date.getUTCSeconds(),
  ]
  const text = `${rest.map(two).join('')}Z`
  return year >= 1950 && year < 2050
    ? element(TAG.utcTime, asciiBytes(two(year % 100) + text))
    : element(TAG.generalizedTime, asciiBytes(String(year).padStart(4, '0') + text))
}

function two(value: number): string {
  return value < 10 ? `0${value}` : String(value)
}

/**
 * Milliseconds of a UTCTime or GeneralizedTime in the only form DER allows (seconds, no fraction, Z). Throws Asn1Error.
 */
export function readTime(node: DerNode | undefined, what: string): number {
  if (node === undefined) throw new Asn1Error(`${what} is missing`)
  const text = readAscii(node.content, what)
  const digits = node.tag === TAG.utcTime ? utcDigits(text) : node.tag === TAG.generalizedTime ? text : ''
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z$/.exec(digits)
  if (match === null) throw new Asn1Error(`${what} is not a DER time`)
  const [, year, month, day, hour, minute, second] = match
  const iso = `${year}-${month}-${day}T${hour}:${minute}:${second}.000Z`
  const ms = Date.parse(iso)
  if (Number.isNaN(ms) || new Date(ms).toISOString() !== iso) throw new Asn1Error(`${what} is not a date that exists`)
  return ms
}

function utcDigits(text: string): string {
  return `${Number(text.slice(0, 2)) >= 50 ? '19' : '20'}${text}`
}

/** RFC 3339 in whole seconds, as Consul prints times of certificates: `2026-05-25T21:39:23Z`. */
export function rfc3339(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z')
}

/** Milliseconds of an RFC 3339 time; NaN when it is none. */
export function parseRfc3339(text: string): number {
  return /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN
}
