// The protobuf wire format by hand: just enough to read and write the few messages that pass thousands of times a second.
// Knows varints, tags and length-delimited fields; knows no schema (the generated code does).

export const VARINT = 0
export const FIXED64 = 1
export const BYTES = 2
export const FIXED32 = 5

/** Writes fields into a buffer whose exact size the caller has worked out with the `...Size` functions. */
export class WireWriter {
  readonly buffer: Buffer
  #at = 0

  /** Bytes that are kept for long should not be `pooled`: a small piece would keep its whole pool in memory. */
  constructor(size: number, pooled = true) {
    this.buffer = pooled ? Buffer.allocUnsafe(size) : Buffer.allocUnsafeSlow(size)
  }

  /** Bytes that are encoded fields already. */
  raw(encoded: Uint8Array): this {
    this.buffer.set(encoded, this.#at)
    this.#at += encoded.length
    return this
  }

  bytes(field: number, value: Uint8Array): this {
    this.#prefix(field, value.length)
    return this.raw(value)
  }

  string(field: number, value: string): this {
    const length = Buffer.byteLength(value)
    this.#prefix(field, length)
    this.buffer.write(value, this.#at, length)
    this.#at += length
    return this
  }

  varint(field: number, value: number): this {
    this.#varint(field * 8 + VARINT)
    this.#varint(value)
    return this
  }

  /** Opens a nested message whose encoded fields, `length` bytes of them, follow. */
  open(field: number, length: number): this {
    this.#prefix(field, length)
    return this
  }

  /** The length of what follows. */
  length(length: number): this {
    this.#varint(length)
    return this
  }

  /** The buffer, which must be full by now. */
  finish(): Buffer {
    if (this.#at !== this.buffer.length) throw new Error(`wrote ${this.#at} bytes of ${this.buffer.length}`)
    return this.buffer
  }

  #prefix(field: number, length: number): void {
    this.#varint(field * 8 + BYTES)
    this.#varint(length)
  }

  #varint(value: number): void {
    let rest = value
    while (rest > 127) {
      this.buffer[this.#at++] = (rest & 127) | 128
      rest >>>= 7
    }
    this.buffer[this.#at++] = rest
  }
}

/** Bytes a varint of `value` (an unsigned 32-bit number) takes. */
export function varintSize(value: number): number {
  if (value < 0x80) return 1
  if (value < 0x4000) return 2
  if (value < 0x20_0000) return 3
  return value < 0x1000_0000 ? 4 : 5
}

/** Bytes a varint field of `value` takes with its tag. */
export function varintFieldSize(field: number, value: number): number {
  return varintSize(field * 8 + VARINT) + varintSize(value)
}

/** Bytes a length-delimited field of `length` content bytes takes with its tag. */
export function bytesSize(field: number, length: number): number {
  return varintSize(field * 8 + BYTES) + varintSize(length) + length
}

export function stringSize(field: number, value: string): number {
  return bytesSize(field, Buffer.byteLength(value))
}

/** One string field, encoded. */
export function stringField(field: number, value: string): Buffer {
  return new WireWriter(stringSize(field, value)).string(field, value).finish()
}

/**
 * Walks the fields of one encoded message: call `next()`, look at `field` and `wireType`, then read the value or call `skip()`.
 * Throws RangeError when the bytes are not a protobuf message.
 */
export class WireReader {
  field = 0
  wireType = 0
  readonly #bytes: Buffer
  #at: number
  readonly #end: number

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#at = 0
    this.#end = bytes.length
  }

  /** Moves to the next field; false at the end of the message. */
  next(): boolean {
    if (this.#at >= this.#end) return false
    const tag = this.varint()
    this.field = tag >>> 3
    this.wireType = tag & 7
    if (this.field === 0) throw new RangeError('protobuf field number 0')
    return true
  }

  /** An unsigned varint; bits above 32 are dropped. */
  varint(): number {
    let value = 0
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.#at >= this.#end) throw new RangeError('protobuf message ends inside a varint')
      const byte = this.#bytes[this.#at++] ?? 0
      if (shift < 32) value |= (byte & 127) << shift
      if (byte < 128) return value >>> 0
    }
    throw new RangeError('protobuf varint longer than 10 bytes')
  }

  /** The content of a length-delimited field, shared with the input. */
  bytes(): Buffer {
    const end = this.#contentEnd()
    const content = this.#bytes.subarray(this.#at, end)
    this.#at = end
    return content
  }

  string(): string {
    const end = this.#contentEnd()
    const content = this.#bytes.toString('utf8', this.#at, end)
    this.#at = end
    return content
  }

  skip(): void {
    if (this.wireType === VARINT) this.varint()
    else if (this.wireType === BYTES) this.#at = this.#contentEnd()
    else if (this.wireType === FIXED64) this.#at += 8
    else if (this.wireType === FIXED32) this.#at += 4
    else throw new RangeError(`protobuf wire type ${this.wireType} of field ${this.field} is not supported`)
    if (this.#at > this.#end) throw new RangeError('protobuf message ends inside a field')
  }

  #contentEnd(): number {
    if (this.wireType !== BYTES) throw new RangeError(`protobuf field ${this.field} is not length-delimited`)
    const length = this.varint()
    if (length > this.#end - this.#at) throw new RangeError('protobuf message ends inside a field')
    return this.#at + length
  }
}
