// IP addresses between text and the octets a certificate carries.

import { isIPv4, isIPv6 } from 'node:net'

/** 4 or 16 octets of an address in text; undefined when it is none (zones such as %eth0 included). */
export function ipOctets(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return Uint8Array.from(text.split('.').map(Number))
  if (!isIPv6(text) || text.includes('%')) return undefined
  const [head = '', tail] = text.split('::')
  const front = groups(head)
  const back = tail === undefined ? [] : groups(tail)
  const middle = Array.from({ length: 8 - front.length - back.length }, () => 0)
  return Uint8Array.from([...front, ...middle, ...back].flatMap(group => [group >> 8, group & 0xff]))
}

function groups(text: string): number[] {
  if (text === '') return []
  return text.split(':').flatMap(part => {
    if (!part.includes('.')) return [Number.parseInt(part, 16)]
    const [a = 0, b = 0, c = 0, d = 0] = part.split('.').map(Number)
    return [a * 256 + b, c * 256 + d]
  })
}

/** The usual text of 4 or 16 octets (IPv6 shortened as RFC 5952 says); undefined for any other count. */
export function ipText(octets: Uint8Array): string | undefined {
  if (octets.length === 4) return octets.join('.')
  if (octets.length !== 16) return undefined
  const parts = Array.from({ length: 8 }, (_, i) => ((octets[2 * i] ?? 0) << 8) | (octets[2 * i + 1] ?? 0))
  const zeros = longestZeroRun(parts)
  const text = (from: number, to: number) =>
    parts
      .slice(from, to)
      .map(part => part.toString(16))
      .join(':')
  return zeros.length < 2 ? text(0, 8) : `${text(0, zeros.from)}::${text(zeros.from + zeros.length, 8)}`
}

function longestZeroRun(parts: readonly number[]): { from: number; length: number } {
  let best = { from: 0, length: 0 }
  let from = 0
  for (let i = 0; i <= parts.length; i++) {
    if (parts[i] === 0) continue
    if (i - from > best.length) best = { from, length: i - from }
    from = i + 1
  }
  return best
}
