// An encoded protobuf message with gaps: texts in it that are to be replaced, with the lengths of all messages around them. Needs no
// schema: what contains a gap is a message, and lengths stand before contents.

import { BYTES, varintSize, WireReader, WireWriter } from '../../lib/protobuf-wire.ts'

/** The bytes that stand in for what will fill a gap. */
export type Gap = Uint8Array

/** A piece of a template: bytes that stay, a gap by its number, or a message with gaps, behind its length. */
type Piece =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'gap'; readonly gap: number }
  | { readonly kind: 'message'; readonly pieces: readonly Piece[] }

interface Place {
  readonly gap: number
  readonly start: number
  readonly end: number
}

export class WireTemplate {
  readonly #pieces: readonly Piece[]

  /** Each gap is the whole of one length-delimited field, wherever and as often as it occurs. */
  constructor(message: Uint8Array, gaps: readonly Gap[]) {
    const bytes = Buffer.from(message.buffer, message.byteOffset, message.length)
    this.#pieces = messagePieces(bytes, 0, bytes.length, placesOf(bytes, gaps))
  }

  get hasGaps(): boolean {
    return this.#pieces.some(piece => piece.kind === 'message')
  }

  /** The message with the gaps filled, in their order. */
  fill(fillings: readonly Uint8Array[]): Uint8Array {
    const lengths = fillings.map(filling => filling.length)
    const writer = new WireWriter(sizeOf(this.#pieces, lengths))
    write(writer, this.#pieces, fillings, lengths)
    return writer.finish()
  }
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

function messagePieces(bytes: Buffer, start: number, end: number, places: readonly Place[]): readonly Piece[] {
  const pieces: Piece[] = []
  let written = start
  const reader = new WireReader(bytes.subarray(start, end))
  while (reader.next()) {
    if (reader.wireType !== BYTES) {
      reader.skip()
      continue
    }
    const content = reader.bytes()
    const contentStart = content.byteOffset - bytes.byteOffset
    const contentEnd = contentStart + content.length
    const inside = places.filter(place => place.start >= contentStart && place.end <= contentEnd)
    if (inside.length === 0) continue
    // Up to the length, which is written anew.
    const lengthStart = contentStart - varintSize(content.length)
    pieces.push({ kind: 'bytes', bytes: bytes.subarray(written, lengthStart) })
    const whole = inside.find(place => place.start === contentStart && place.end === contentEnd)
    const inner: readonly Piece[] = whole
      ? [{ kind: 'gap', gap: whole.gap }]
      : messagePieces(bytes, contentStart, contentEnd, inside)
    pieces.push({ kind: 'message', pieces: inner })
    written = contentEnd
  }
  if (written < end) pieces.push({ kind: 'bytes', bytes: bytes.subarray(written, end) })
  return pieces
}

function sizeOf(pieces: readonly Piece[], lengths: readonly number[]): number {
  let size = 0
  for (const piece of pieces) size += pieceSize(piece, lengths)
  return size
}

function pieceSize(piece: Piece, lengths: readonly number[]): number {
  switch (piece.kind) {
    case 'bytes':
      return piece.bytes.length
    case 'gap':
      return lengths[piece.gap] ?? 0
    case 'message': {
      const size = sizeOf(piece.pieces, lengths)
      return varintSize(size) + size
    }
  }
}

function write(
  writer: WireWriter,
  pieces: readonly Piece[],
  fillings: readonly Uint8Array[],
  lengths: readonly number[],
): void {
  for (const piece of pieces) {
    if (piece.kind === 'bytes') writer.raw(piece.bytes)
    else if (piece.kind === 'gap') writer.raw(fillings[piece.gap] ?? new Uint8Array())
    else {
      writer.length(sizeOf(piece.pieces, lengths))
      write(writer, piece.pieces, fillings, lengths)
    }
  }
}
