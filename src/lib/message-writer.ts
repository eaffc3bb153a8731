// Writes protobuf messages of unknown size into one buffer that is used again and again: a nested message is opened, written and
// closed, and its length put in front of it then. Knows no schema.

import { varintSize } from './protobuf-wire.ts'

const FIRST_SIZE = 16 * 1024
const LONGEST_VARINT = 10
/** Below this length a loop is faster than a call into the runtime. */
const SHORT_TEXT = 24

export class MessageWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_SIZE)
  #at = 0

  /** An unsigned number up to 2^32 - 1: a tag, a length, a value. */
  varint(value: number): void {
    this.#reserve(LONGEST_VARINT)
    this.#at = putVarint(this.#bytes, this.#at, value)
  }

  /** A 64-bit number; negative ones as their complement. */
  varint64(value: bigint): void {
    this.#reserve(LONGEST_VARINT)
    let rest = BigInt.asUintN(64, value)
    while (rest > 127n) {
      this.#bytes[this.#at++] = Number(rest & 127n) | 128
      rest >>= 7n
    }
    this.#bytes[this.#at++] = Number(rest)
  }

  fixed32(value: number): void {
    this.#reserve(4)
    this.#at = this.#bytes.writeUInt32LE(value >>> 0, this.#at)
  }

  fixed64(value: bigint): void {
    this.#reserve(8)
    this.#at = this.#bytes.writeBigUInt64LE(BigInt.asUintN(64, value), this.#at)
  }

  float(value: number): void {
    this.#reserve(4)
    this.#at = this.#bytes.writeFloatLE(value, this.#at)
  }

  double(value: number): void {
    this.#reserve(8)
    this.#at = this.#bytes.writeDoubleLE(value, this.#at)
  }

  /** A text with its length before it. */
  string(text: string): void {
    const { length } = text
    if (length < SHORT_TEXT) {
      this.#reserve(length + 1)
      const end = putAscii(this.#bytes, this.#at + 1, text)
      if (end > 0) {
        this.#bytes[this.#at] = length
        this.#at = end
        return
      }
    }
    this.#reserve(length * 3 + LONGEST_VARINT)
    // Most texts take a byte for each character, and then their length is where it belongs already.
    const start = this.#at + varintSize(length)
    const size = this.#bytes.write(text, start, length * 3, 'utf8')
    const shift = varintSize(size) - varintSize(length)
    if (shift > 0) this.#bytes.copyWithin(start + shift, start, start + size)
    putVarint(this.#bytes, this.#at, size)
    this.#at = start + shift + size
  }

  /** Bytes with their length before them. */
  bytes(value: Uint8Array): void {
    this.varint(value.length)
    this.raw(value)
  }

  /** Bytes as they are. */
  raw(value: Uint8Array): void {
    this.#reserve(value.length)
    this.#bytes.set(value, this.#at)
    this.#at += value.length
  }

  /** Begins a nested message; what is returned goes to `close`. */
  open(): number {
    this.#reserve(1)
    return this.#at++
  }

  /** Ends the nested message that began there. */
  close(start: number): void {
    const size = this.#at - start - 1
    const shift = varintSize(size) - 1
    if (shift > 0) {
      this.#reserve(shift)
      this.#bytes.copyWithin(start + 1 + shift, start + 1, this.#at)
      this.#at += shift
    }
    putVarint(this.#bytes, start, size)
  }

  /** A copy of everything written; the next message starts empty. */
  finish(): Buffer {
    const written = Buffer.allocUnsafe(this.#at)
    this.#bytes.copy(written, 0, 0, this.#at)
    this.#at = 0
    return written
  }

  /** Forgets what was written. */
  reset(): void {
    this.#at = 0
  }

  #reserve(size: number): void {
    const needed = this.#at + size
    if (needed <= this.#bytes.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2))
    this.#bytes.copy(larger, 0, 0, this.#at)
    this.#bytes = larger
  }
}

/** Puts a number at a place and returns the place after it. */
function putVarint(bytes: Buffer, start: number, value: number): number {
  let at = start
  let rest = value
  while (rest > 127) {
    bytes[at++] = (rest & 127) | 128
    rest >>>= 7
  }
  bytes[at++] = rest
  return at
}

/** Puts a text of ASCII at a place and returns the place after it; 0 when it has other characters. */
function putAscii(bytes: Buffer, start: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 127) return 0
    bytes[start + i] = code
  }
  return start + text.length
}
