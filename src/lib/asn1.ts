// ASN.1 DER: a strict reader (definite minimal lengths, bounded depth, no bytes left over) and a writer. Only what
// X.509 needs: tag numbers below 31. Reading untrusted bytes throws Asn1Error and nothing else; the readers in x509/
// turn that into issues.

/** Bytes that are not the DER that was expected. */
export class Asn1Error extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'Asn1Error'
  }
}

/** Identifier octets, class and constructed bit included. */
export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
} as const

const CONSTRUCTED = 0x20
const CONTEXT = 0x80
const MAX_DEPTH = 12

/** The identifier octet of context tag `number`, explicit (constructed) unless `primitive`. */
export function contextTag(number: number, primitive = false): number {
  return CONTEXT | (primitive ? 0 : CONSTRUCTED) | number
}

/**
 * One element of the bytes that were read. A class, so that its windows are cut only when somebody looks through them.
 */
export class DerNode {
  readonly tag: number
  /** Empty for primitive elements. */
  readonly children: readonly DerNode[]
  readonly #bytes: Uint8Array
  readonly #start: number
  readonly #from: number
  readonly #end: number

  constructor(bytes: Uint8Array, at: { start: number; from: number; end: number }, children: readonly DerNode[]) {
    this.tag = bytes[at.start] ?? 0
    this.children = children
    this.#bytes = bytes
    this.#start = at.start
    this.#from = at.from
    this.#end = at.end
  }

  get content(): Uint8Array {
    return this.#bytes.subarray(this.#from, this.#end)
  }

  /** The whole element, identifier and length included. */
  get encoded(): Uint8Array {
    return this.#bytes.subarray(this.#start, this.#end)
  }

  /** Where the element ends in the bytes that were read. */
  get end(): number {
    return this.#end
  }
}

/** Reads exactly one element that fills `bytes`, with everything below it. Throws Asn1Error. */
export function readDer(bytes: Uint8Array): DerNode {
  const node = readElement(bytes, 0, bytes.length, 0)
  if (node.end !== bytes.length) {
    throw new Asn1Error(`${bytes.length - node.end} bytes left over after the outermost element`)
  }
  return node
}

function readElement(bytes: Uint8Array, start: number, limit: number, depth: number): DerNode {
  if (depth > MAX_DEPTH) throw new Asn1Error(`elements nest deeper than ${MAX_DEPTH}`)
  const tag = start < limit ? bytes[start] : undefined
  if (tag === undefined) throw new Asn1Error('input ends where an element should start')
  if ((tag & 0x1f) === 0x1f) throw new Asn1Error('tag numbers above 30 are not supported')
  if (tag === 0 || tag === CONSTRUCTED) throw new Asn1Error('tag 0 of the universal class is reserved')

  const { length, from } = readLength(bytes, start + 1)
  const end = from + length
  if (end > limit) throw new Asn1Error(`element of ${length} bytes runs over the end of its container`)
  const children: DerNode[] = []
  let at = from
  while ((tag & CONSTRUCTED) !== 0 && at < end) {
    const child = readElement(bytes, at, end, depth + 1)
    children.push(child)
    at = child.end
  }
  return new DerNode(bytes, { start, from, end }, children)
}

function readLength(bytes: Uint8Array, at: number): { length: number; from: number } {
  const first = bytes[at]
  if (first === undefined) throw new Asn1Error('input ends inside a length')
  if (first < 0x80) return { length: first, from: at + 1 }
  const octets = first & 0x7f
  if (octets === 0) throw new Asn1Error('indefinite lengths are not DER')
  if (octets > 4) throw new Asn1Error(`length of ${octets} octets is too long`)

  let length = 0
  for (let i = 1; i <= octets; i++) {
    const octet = bytes[at + i]
    if (octet === undefined) throw new Asn1Error('input ends inside a length')
    length = length * 256 + octet
  }
  if (length < 0x80 || length < 256 ** (octets - 1)) throw new Asn1Error('length is not in its shortest form')
  return { length, from: at + 1 + octets }
}

/** The node itself when it has this tag; throws otherwise. `what` names the field in the message. */
export function expectTag(node: DerNode | undefined, tag: number, what: string): DerNode {
  if (node === undefined) throw new Asn1Error(`${what} is missing`)
  if (node.tag !== tag) throw new Asn1Error(`${what} has tag 0x${hex(node.tag)}, expected 0x${hex(tag)}`)
  return node
}

/** The big-endian magnitude of a non-negative INTEGER, without leading zeros ([0] for zero). */
export function readUnsigned(node: DerNode | undefined, what: string): Uint8Array {
  const { content } = expectTag(node, TAG.integer, what)
  const [first, second] = content
  if (first === undefined) throw new Asn1Error(`${what} is an empty integer`)
  if (first >= 0x80) throw new Asn1Error(`${what} is negative`)
  if (first !== 0 || second === undefined) return content
  if (second < 0x80) throw new Asn1Error(`${what} is not in its shortest form`)
  return content.subarray(1)
}

/** A non-negative INTEGER of at most six bytes. */
export function readSmallInteger(node: DerNode | undefined, what: string): number {
  const magnitude = readUnsigned(node, what)
  if (magnitude.length > 6) throw new Asn1Error(`${what} is too large`)
  return magnitude.reduce((value, octet) => value * 256 + octet, 0)
}

export function readBoolean(node: DerNode | undefined, what: string): boolean {
  const { content } = expectTag(node, TAG.boolean, what)
  if (content.length !== 1 || (content[0] !== 0 && content[0] !== 0xff))
    throw new Asn1Error(`${what} is not a DER boolean`)
  return content[0] === 0xff
}

/** The bytes of a BIT STRING of whole octets, such as a key or a signature. */
export function readOctetBits(node: DerNode | undefined, what: string): Uint8Array {
  const { content } = expectTag(node, TAG.bitString, what)
  if (content.length === 0 || content[0] !== 0) throw new Asn1Error(`${what} is not a whole number of octets`)
  return content.subarray(1)
}

/** The numbers of the bits that are set in a named BIT STRING; bit 0 is the most significant of the first octet. */
export function readNamedBits(node: DerNode | undefined, what: string): readonly number[] {
  const { content } = expectTag(node, TAG.bitString, what)
  const unused = content[0]
  const last = content.at(-1) ?? 0
  if (unused === undefined || unused > 7 || (content.length === 1 && unused !== 0)) {
    throw new Asn1Error(`${what} is a malformed bit string`)
  }
  if (content.length > 1 && (last & ((1 << unused) - 1)) !== 0)
    throw new Asn1Error(`${what} has padding bits that are set`)
  const bits: number[] = []
  for (let i = 0; i < (content.length - 1) * 8; i++) {
    if (((content[1 + (i >> 3)] ?? 0) & (0x80 >> (i & 7))) !== 0) bits.push(i)
  }
  return bits
}

/** An OBJECT IDENTIFIER in dotted form. */
export function readOid(node: DerNode | undefined, what: string): string {
  const { content } = expectTag(node, TAG.oid, what)
  if (content.length === 0 || content.length > 64) throw new Asn1Error(`${what} has a malformed object identifier`)
  const arcs: number[] = []
  let arc = 0
  let fresh = true
  for (const octet of content) {
    if (fresh && octet === 0x80) throw new Asn1Error(`${what} has an arc that is not in its shortest form`)
    arc = arc * 128 + (octet & 0x7f)
    if (!Number.isSafeInteger(arc)) throw new Asn1Error(`${what} has an arc that is too large`)
    fresh = octet < 0x80
    if (!fresh) continue
    if (arcs.length === 0) arcs.push(Math.min(2, Math.floor(arc / 40)), arc - 40 * Math.min(2, Math.floor(arc / 40)))
    else arcs.push(arc)
    arc = 0
  }
  if (!fresh) throw new Asn1Error(`${what} has an arc that does not end`)
  return arcs.join('.')
}

/** The text of an ASCII string type (IA5String, also under an implicit tag). Throws on any byte above 0x7f. */
export function readAscii(content: Uint8Array, what: string): string {
  const text = Buffer.from(content.buffer, content.byteOffset, content.byteLength).toString('latin1')
  if (!ASCII.test(text)) throw new Asn1Error(`${what} has a byte that is not ASCII`)
  return text
}

const ASCII = /^[\0-\x7f]*$/

/** One element with the given identifier octet and the concatenation of `parts` as content. */
export function element(tag: number, ...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const octets = length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : length < 0x1000000 ? 3 : 4
  const out = new Uint8Array(2 + octets + length)
  out[0] = tag
  out[1] = octets === 0 ? length : 0x80 | octets
  for (let i = 0; i < octets; i++) out[2 + i] = length >>> (8 * (octets - 1 - i))
  let at = 2 + octets
  for (const part of parts) {
    out.set(part, at)
    at += part.length
  }
  return out
}

export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return element(TAG.sequence, ...parts)
}

/** A SET OF one element; DER asks larger sets to be sorted, which nothing here needs. */
export function setOfOne(part: Uint8Array): Uint8Array {
  return element(TAG.set, part)
}

/** A non-negative INTEGER from its big-endian magnitude; leading zeros are dropped. */
export function unsigned(magnitude: Uint8Array): Uint8Array {
  let from = 0
  while (from < magnitude.length - 1 && magnitude[from] === 0) from++
  const bytes = magnitude.subarray(from)
  if (bytes.length === 0) return element(TAG.integer, ZERO)
  return (bytes[0] ?? 0) >= 0x80 ? element(TAG.integer, ZERO, bytes) : element(TAG.integer, bytes)
}

const ZERO = Uint8Array.of(0)

export function smallInteger(value: number): Uint8Array {
  if (!Number.isSafeInteger(value) || value < 0) throw new RangeError(`not a non-negative whole number: ${value}`)
  const text = value.toString(16)
  return unsigned(Uint8Array.from(Buffer.from(text.length % 2 === 0 ? text : `0${text}`, 'hex')))
}

export function boolean(value: boolean): Uint8Array {
  return Uint8Array.of(TAG.boolean, 1, value ? 0xff : 0)
}

export function nullValue(): Uint8Array {
  return Uint8Array.of(TAG.null, 0)
}

export function octetString(content: Uint8Array): Uint8Array {
  return element(TAG.octetString, content)
}

/** A BIT STRING of whole octets. */
export function octetBits(content: Uint8Array): Uint8Array {
  return element(TAG.bitString, ZERO, content)
}

/** A named BIT STRING with these bits set, trailing zero bits removed. */
export function namedBits(bits: readonly number[]): Uint8Array {
  if (bits.length === 0) return element(TAG.bitString, ZERO)
  const highest = Math.max(...bits)
  const content = new Uint8Array(1 + (highest >> 3) + 1)
  content[0] = 7 - (highest & 7)
  for (const bit of bits) content[1 + (bit >> 3)]! |= 0x80 >> (bit & 7)
  return element(TAG.bitString, content)
}

/** An OBJECT IDENTIFIER from its dotted form. */
export function oid(dotted: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number)
  const octets = [first * 40 + second, ...rest].flatMap(arc => {
    const out = [arc & 0x7f]
    for (let high = Math.floor(arc / 128); high > 0; high = Math.floor(high / 128)) out.unshift((high & 0x7f) | 0x80)
    return out
  })
  return element(TAG.oid, Uint8Array.from(octets))
}

export function utf8String(text: string): Uint8Array {
  return element(TAG.utf8String, new TextEncoder().encode(text))
}

/** The bytes of an ASCII text; throws RangeError on any other character. */
export function asciiBytes(text: string): Uint8Array {
  const out = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i)
    if (code > 0x7f) throw new RangeError(`not ASCII: ${JSON.stringify(text)}`)
    out[i] = code
  }
  return out
}

function hex(octet: number): string {
  return octet.toString(16).padStart(2, '0')
}
