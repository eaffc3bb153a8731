// An encoded protobuf message with gaps: contents of fields that are to be replaced, with the lengths of all messages around them.
// Needs no schema: what contains a gap is a message, and lengths stand before contents.

import { BYTES, varintSize, WireReader, WireWriter } from '../../lib/protobuf-wire.ts'

/** The bytes that stand in for what will fill a gap. */
export type Gap = Uint8Array

type Piece =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  /** The length of a nested message, by its number. */
  | { readonly kind: 'length'; readonly message: number }
  /** A filling behind its length. */
  | { readonly kind: 'gap'; readonly gap: number }

/** What the length of a message that contains gaps is made of. Messages inside it have higher numbers. */
interface Nested {
  fixed: number
  readonly gaps: number[]
  readonly messages: number[]
}

interface Place {
  readonly gap: number
  readonly start: number
  readonly end: number
}

export class WireTemplate {
  readonly #pieces: Piece[] = []
  readonly #messages: Nested[] = []
  /** Which of the gaps occur in the message. */
  readonly present: readonly boolean[]

  /** Each gap is the whole of one length-delimited field, wherever and as often as it occurs. */
  constructor(message: Uint8Array, gaps: readonly Gap[]) {
    const bytes = Buffer.from(message.buffer, message.byteOffset, message.length)
    const places = placesOf(bytes, gaps)
    this.#read(bytes, places)
    this.present = gaps.map((_, gap) => places.some(place => place.gap === gap))
  }

  /** The message with the gaps filled, in their order. */
  fill(fillings: readonly Uint8Array[]): Uint8Array {
    const sizes = this.#sizes(fillings)
    const writer = new WireWriter(sizes[0] ?? 0)
    for (const piece of this.#pieces) {
      if (piece.kind === 'bytes') writer.raw(piece.bytes)
      else if (piece.kind === 'length') writer.length(sizes[piece.message] ?? 0)
      else writeFilling(writer, fillings[piece.gap])
    }
    return writer.finish()
  }

  #sizes(fillings: readonly Uint8Array[]): readonly number[] {
    const sizes: number[] = new Array(this.#messages.length).fill(0)
    for (let i = this.#messages.length - 1; i >= 0; i--) {
      const { fixed, gaps, messages } = this.#messages[i]!
      let size = fixed
      for (const gap of gaps) size += withLength(fillings[gap]?.length ?? 0)
      for (const message of messages) size += withLength(sizes[message] ?? 0)
      sizes[i] = size
    }
    return sizes
  }

  /** Takes a message apart; returns its number. */
  #read(bytes: Buffer, places: readonly Place[]): number {
    const number = this.#messages.length
    const nested: Nested = { fixed: 0, gaps: [], messages: [] }
    this.#messages.push(nested)
    let written = 0
    const keep = (end: number) => {
      if (end > written) this.#pieces.push({ kind: 'bytes', bytes: bytes.subarray(written, end) })
      nested.fixed += end - written
    }
    for (const { start, end, inside } of fieldsWithPlaces(bytes, places)) {
      // Up to the length, which is written anew.
      keep(start - varintSize(end - start))
      const whole = inside.find(place => place.start === 0 && place.end === end - start)
      if (whole) {
        nested.gaps.push(whole.gap)
        this.#pieces.push({ kind: 'gap', gap: whole.gap })
      } else {
        const piece = { kind: 'length' as const, message: this.#messages.length }
        this.#pieces.push(piece)
        nested.messages.push(this.#read(bytes.subarray(start, end), inside))
      }
      written = end
    }
    keep(bytes.length)
    return number
  }
}

function withLength(length: number): number {
  return varintSize(length) + length
}

function writeFilling(writer: WireWriter, filling: Uint8Array = new Uint8Array()): void {
  writer.length(filling.length).raw(filling)
}

function placesOf(bytes: Buffer, gaps: readonly Gap[]): readonly Place[] {
  return gaps.flatMap((text, gap) => {
    const places: Place[] = []
    for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + text.length)) {
      places.push({ gap, start: at, end: at + text.length })
    }
    return places
  })
}

interface FieldWithPlaces {
  readonly start: number
  readonly end: number
  /** Counted from `start`. */
  readonly inside: readonly Place[]
}

/** The length-delimited fields of a message that places are in. Throws an Error when one is in something else. */
function fieldsWithPlaces(bytes: Buffer, places: readonly Place[]): readonly FieldWithPlaces[] {
  const fields: FieldWithPlaces[] = []
  let left = places.length
  const reader = new WireReader(bytes)
  while (left > 0 && reader.next()) {
    if (reader.wireType !== BYTES) {
      reader.skip()
      continue
    }
    const content = reader.bytes()
    const start = content.byteOffset - bytes.byteOffset
    const end = start + content.length
    const inside = places.filter(place => place.start >= start && place.end <= end)
    if (inside.length === 0) continue
    left -= inside.length
    const shifted = inside.map(place => ({ ...place, start: place.start - start, end: place.end - start }))
    fields.push({ start, end, inside: shifted })
  }
  if (left > 0) throw new Error('a gap of a template is not the whole of a field')
  return fields
}
