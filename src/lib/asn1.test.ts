import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  Asn1Error,
  element,
  namedBits,
  octetBits,
  octetString,
  oid,
  readBoolean,
  readDer,
  readNamedBits,
  readOctetBits,
  readOid,
  readSmallInteger,
  readUnsigned,
  sequence,
  smallInteger,
  unsigned,
} from './asn1.ts'

const bytes = (...octets: number[]) => Uint8Array.from(octets)

describe('readDer', () => {
  it('reads nested elements with their contents', () => {
    const node = readDer(sequence(smallInteger(5), sequence(octetString(bytes(1, 2)))))
    expect(node.children).toHaveLength(2)
    expect(node.children[1]?.children[0]?.content).toEqual(bytes(1, 2))
  })

  it.each([
    ['an empty input', bytes()],
    ['bytes left over', bytes(0x05, 0x00, 0x00)],
    ['an indefinite length', bytes(0x30, 0x80, 0x00, 0x00)],
    ['a long length for a short element', bytes(0x04, 0x81, 0x01, 0x00)],
    ['a length with a leading zero octet', bytes(0x04, 0x82, 0x00, 0x80, ...new Array(128).fill(0))],
    ['a length of five octets', bytes(0x04, 0x85, 1, 0, 0, 0, 0)],
    ['a length that ends early', bytes(0x04, 0x82, 0x01)],
    ['an element that runs over its container', bytes(0x30, 0x03, 0x04, 0x05, 0x00)],
    ['a high tag number', bytes(0x1f, 0x81, 0x01, 0x00)],
    ['the reserved tag 0', bytes(0x00, 0x00)],
  ])('refuses %s', (_, input) => {
    expect(() => readDer(input)).toThrow(Asn1Error)
  })

  it('refuses elements that nest too deep', () => {
    let deep = octetString(bytes(1))
    for (let i = 0; i < 20; i++) deep = sequence(deep)
    expect(() => readDer(deep)).toThrow(/nest deeper/)
  })

  it('never fails with anything but Asn1Error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), input => {
        try {
          readDer(input)
        } catch (error) {
          expect(error).toBeInstanceOf(Asn1Error)
        }
      }),
    )
  })
})

describe('values', () => {
  it('writes and reads back any content length', () => {
    for (const length of [0, 1, 127, 128, 255, 256, 65_535, 65_536]) {
      expect(readDer(element(0x04, new Uint8Array(length))).content).toHaveLength(length)
    }
  })

  it('keeps integers, with sign padding and without leading zeros', () => {
    expect(unsigned(bytes(0, 0, 0x80))).toEqual(bytes(0x02, 0x02, 0x00, 0x80))
    expect(unsigned(bytes())).toEqual(bytes(0x02, 0x01, 0x00))
    fc.assert(
      fc.property(fc.maxSafeNat(), value => {
        fc.pre(value < 2 ** 48)
        expect(readSmallInteger(readDer(smallInteger(value)), 'x')).toBe(value)
      }),
    )
  })

  it.each([
    ['a negative integer', bytes(0x02, 0x01, 0x80)],
    ['an empty integer', bytes(0x02, 0x00)],
    ['an integer with needless zeros', bytes(0x02, 0x02, 0x00, 0x7f)],
  ])('refuses %s', (_, input) => {
    expect(() => readUnsigned(readDer(input), 'serial number')).toThrow(Asn1Error)
  })

  it('keeps object identifiers', () => {
    for (const dotted of [
      '1.2.840.113549.1.1.11',
      '2.5.29.17',
      '1.3.132.0.34',
      '2.999.3',
      '0.9.2342.19200300.100.1.25',
    ]) {
      expect(readOid(readDer(oid(dotted)), 'x')).toBe(dotted)
    }
  })

  it.each([
    ['an arc that does not end', bytes(0x06, 0x02, 0x2a, 0x86)],
    ['an arc with a needless octet', bytes(0x06, 0x03, 0x2a, 0x80, 0x01)],
    ['no arcs', bytes(0x06, 0x00)],
    ['an arc beyond any number', bytes(0x06, 0x0a, 0x2a, ...new Array(8).fill(0xff), 0x7f)],
  ])('refuses an object identifier with %s', (_, input) => {
    expect(() => readOid(readDer(input), 'x')).toThrow(Asn1Error)
  })

  it('keeps named bits and drops trailing zero bits', () => {
    expect(namedBits([0, 2])).toEqual(bytes(0x03, 0x02, 0x05, 0xa0))
    expect(readNamedBits(readDer(namedBits([0, 2, 8])), 'x')).toEqual([0, 2, 8])
    expect(readNamedBits(readDer(namedBits([])), 'x')).toEqual([])
  })

  it('refuses bit strings whose padding is set and keys with a broken octet', () => {
    expect(() => readNamedBits(readDer(bytes(0x03, 0x02, 0x05, 0xa1)), 'x')).toThrow(/padding/)
    expect(() => readOctetBits(readDer(bytes(0x03, 0x02, 0x05, 0xa0)), 'x')).toThrow(/whole number of octets/)
    expect(readOctetBits(readDer(octetBits(bytes(7))), 'x')).toEqual(bytes(7))
  })

  it('takes only 00 and FF for booleans', () => {
    expect(readBoolean(readDer(bytes(0x01, 0x01, 0xff)), 'x')).toBe(true)
    expect(() => readBoolean(readDer(bytes(0x01, 0x01, 0x01)), 'x')).toThrow(Asn1Error)
  })
})
