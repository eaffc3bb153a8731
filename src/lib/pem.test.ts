import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decodeOnePem, decodePem, encodePem, joinPem } from './pem.ts'

describe('PEM', () => {
  it('writes lines of 64 characters and ends with exactly one newline', () => {
    const text = encodePem('CERTIFICATE', new Uint8Array(100))
    expect(text.split('\n')[1]).toHaveLength(64)
    expect(text).toMatch(/[^\n]\n$/)
  })

  it('reads back what it wrote, several blocks in one text', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { maxLength: 4 }), contents => {
        const text = contents.map(content => encodePem('CERTIFICATE', content)).join('')
        const blocks = decodePem(text)
        expect(blocks.ok && blocks.value.map(block => Buffer.from(block.bytes))).toEqual(
          contents.map(c => Buffer.from(c)),
        )
      }),
    )
  })

  it('ignores text between blocks and carriage returns', () => {
    const text = `subject=web\n${encodePem('X', Uint8Array.of(1, 2)).replaceAll('\n', '\r\n')}bye`
    expect(decodeOnePem(text, ['X'])).toEqual({ ok: true, value: Uint8Array.of(1, 2) })
  })

  it.each([
    ['a block that does not end', '-----BEGIN X-----\nAAAA\n', 'no END line'],
    ['a body that is not base64', '-----BEGIN X-----\nA!AA\n-----END X-----\n', 'not valid base64'],
    [
      'an encrypted key',
      '-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END X-----',
      'encrypted keys are not supported',
    ],
    ['two blocks where one is meant', encodePem('X', Uint8Array.of(1)).repeat(2), 'found 2'],
    ['no block', 'hello', 'found none'],
    ['another label', encodePem('Y', Uint8Array.of(1)), 'found "Y"'],
  ])('refuses %s', (_, text, message) => {
    const result = decodeOnePem(text, ['X'])
    expect(!result.ok && result.issues[0]?.message).toContain(message)
  })

  it('joins texts so that each ends with one newline', () => {
    expect(joinPem(['a', 'b\n\n', '', '\nc\n'])).toBe('a\nb\nc\n')
  })
})
