import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bool, bytes, int, list, message, messageMap, nested, string, stringMap, strings } from './wire-message.ts'

const Inner = message({ Name: string(1), Count: int(2) })
const Outer = message({
  Name: string(1),
  Flag: bool(2),
  Data: bytes(3),
  Inner: nested(4, Inner),
  Tags: strings(5),
  All: list(6, Inner),
  Meta: stringMap(7),
  ByName: messageMap(8, Inner),
})
const EMPTY = {
  ...{ Name: '', Flag: false, Data: new Uint8Array(), Inner: undefined, Tags: [], All: [] },
  ...{ Meta: new Map(), ByName: new Map() },
}
const hex = (value: Uint8Array) => Buffer.from(value).toString('hex')

describe('a message described by a table', () => {
  it('writes fields in order of their numbers and leaves empty ones out', () => {
    expect(hex(Outer.encode({ Flag: true, Name: 'ab', Data: new Uint8Array() }))).toBe('0a026162' + '1001')
    expect(hex(Outer.encode({ Inner: { Name: '', Count: 300 } }))).toBe('2203' + '10ac02')
    expect(hex(Outer.encode({ Tags: ['', 'x'] }))).toBe('2a00' + '2a0178')
    expect(hex(Inner.encode({ Count: -1 }))).toBe(`10${'ff'.repeat(9)}01`)
  })

  it('writes maps in order of their keys, as nested entries', () => {
    const Meta = new Map([
      ['b', '2'],
      ['a', '1'],
    ])
    expect(hex(Outer.encode({ Meta }))).toBe('3a060a0161120131' + '3a060a0162120132')
  })

  it('reads back what it wrote', () => {
    const inner = fc.record({ Name: fc.string({ unit: 'grapheme' }), Count: fc.maxSafeInteger() })
    const outer = fc.record({
      Name: fc.string({ unit: 'grapheme' }),
      Flag: fc.boolean(),
      Data: fc.uint8Array(),
      Inner: fc.option(inner, { nil: undefined }),
      Tags: fc.array(fc.string({ unit: 'grapheme' })),
      All: fc.array(inner),
      Meta: fc.array(fc.tuple(fc.string(), fc.string())).map(pairs => new Map(pairs)),
      ByName: fc.array(fc.tuple(fc.string(), inner)).map(pairs => new Map(pairs)),
    })
    fc.assert(
      fc.property(outer, value => {
        expect(Outer.decode(Outer.encode(value))).toEqual(value)
      }),
    )
  })

  it('gives every field a value, and shares nothing between messages', () => {
    expect(Outer.decode(new Uint8Array())).toEqual(EMPTY)
    expect(Outer.decode(Outer.encode({ Tags: ['x'] })).Tags).toEqual(['x'])
    expect(Outer.decode(new Uint8Array()).Tags).toEqual([])
  })

  it('skips fields it does not know, and known numbers of another wire type', () => {
    const unknown = Buffer.from('7a0178' + '0a0161' + '0805', 'hex')
    expect(Outer.decode(unknown)).toEqual({ ...EMPTY, Name: 'a' })
  })

  it.each(['0a05', '22020a05', '0a', 'ff', '220210'])('refuses the bytes %s', text => {
    expect(() => Outer.decode(Buffer.from(text, 'hex'))).toThrow(RangeError)
  })

  it('never throws anything but a RangeError', () => {
    fc.assert(
      fc.property(fc.uint8Array(), value => {
        try {
          Outer.decode(value)
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError)
        }
      }),
      { numRuns: 2000 },
    )
  })
})
