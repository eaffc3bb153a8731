import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  BYTES,
  bytesSize,
  stringField,
  stringSize,
  VARINT,
  varintSize,
  WireReader,
  WireWriter,
} from './protobuf-wire.ts'

test('what the writer writes, the reader reads', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 3000 }), fc.string({ unit: fc.constantFrom('a', 'ü', '€', '😀') })), {
        maxLength: 8,
      }),
      fields => {
        const writer = new WireWriter(fields.reduce((sum, [field, text]) => sum + stringSize(field, text), 0))
        for (const [field, text] of fields) writer.string(field, text)

        const reader = new WireReader(writer.finish())
        const read: [number, string][] = []
        while (reader.next()) read.push([reader.field, reader.string()])
        expect(read).toEqual(fields.map(([field, text]) => [field, Buffer.from(text).toString()]))
      },
    ),
  )
})

test('a nested message is its fields behind a tag and a length', () => {
  const inner = stringField(1, 'x')
  const outer = new WireWriter(bytesSize(2, inner.length)).open(2, inner.length).raw(inner).finish()
  expect([...outer]).toEqual([18, 3, 10, 1, 120])
  expect([...new WireWriter(bytesSize(2, inner.length)).bytes(2, inner).finish()]).toEqual([...outer])
})

test('the size of a varint is the number of its 7-bit groups', () => {
  expect([0, 127, 128, 16_383, 16_384, 2_097_152, 268_435_456].map(varintSize)).toEqual([1, 1, 2, 2, 3, 4, 5])
})

test('fields of every wire type can be skipped', () => {
  const reader = new WireReader(
    Uint8Array.from([8, 172, 2, 17, 0, 0, 0, 0, 0, 0, 0, 0, 29, 0, 0, 0, 0, 34, 1, 7, 40, 5]),
  )
  const seen: number[] = []
  while (reader.next()) {
    seen.push(reader.field)
    if (reader.field === 5) expect([reader.wireType, reader.varint()]).toEqual([VARINT, 5])
    else reader.skip()
  }
  expect(seen).toEqual([1, 2, 3, 4, 5])
})

test('a varint of ten bytes reads as its low 32 bits', () => {
  const reader = new WireReader(Uint8Array.from([8, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1]))
  reader.next()
  expect(reader.varint()).toBe(4_294_967_295)
})

test('random bytes never do anything but read or throw RangeError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), bytes => {
      try {
        const reader = new WireReader(bytes)
        while (reader.next()) {
          if (reader.wireType === BYTES) expect(reader.bytes().length).toBeLessThanOrEqual(bytes.length)
          else reader.skip()
        }
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
      }
    }),
  )
})

test('a message cut short is refused', () => {
  for (const bytes of [[10], [10, 5, 1], [8], [8, 128], [9, 0], [13, 0], [0], [11]]) {
    const read = () => {
      const reader = new WireReader(Uint8Array.from(bytes))
      while (reader.next()) reader.skip()
    }
    expect(read, bytes.join()).toThrow(RangeError)
  }
})

test('a buffer that is not full is a bug', () => {
  expect(() => new WireWriter(3).finish()).toThrow('wrote 0 bytes of 3')
})
