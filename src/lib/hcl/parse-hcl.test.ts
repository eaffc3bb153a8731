import { describe, expect, it } from 'vitest'
import { parseHcl } from './parse-hcl.ts'

function read(text: string): unknown {
  const result = parseHcl(text)
  if (!result.ok) throw new Error(`${result.line}:${result.column}: ${result.message}`)
  // Objects without prototype compare equal to plain ones only when both are plain.
  return JSON.parse(JSON.stringify(result.value))
}

function refusal(text: string): string {
  const result = parseHcl(text)
  return result.ok ? 'accepted' : `${result.line}:${result.column}: ${result.message}`
}

describe('parseHcl', () => {
  it('makes a list of one object of a block', () => {
    expect(read('service { port = 80 }')).toEqual({ service: [{ port: 80 }] })
  })

  it('makes one more level of each label', () => {
    expect(read('service "web" "v1" { }')).toEqual({ service: [{ web: [{ v1: [{}] }] }] })
  })

  it('makes a list of one object of an assigned object, but not inside a list', () => {
    expect(read('a = { b = 1 } c = [{ d = 2 }]')).toEqual({ a: [{ b: 1 }], c: [{ d: 2 }] })
  })

  it('appends repeated blocks in order', () => {
    expect(read('a { n = 1 }\nb = 1\na { n = 2 }')).toEqual({ a: [{ n: 1 }, { n: 2 }], b: 1 })
  })

  it('lets a repeated scalar win and a repeated list grow', () => {
    expect(read('a = 1 a = 2 b = [1] b = [2]')).toEqual({ a: 2, b: [1, 2] })
  })

  it('reads JSON where the text opens with a brace', () => {
    expect(read('\n { "a": {"b": [1, null]} }')).toEqual({ a: { b: [1, null] } })
  })

  it('reads an empty text as an empty object', () => {
    expect(read('# nothing\n')).toEqual({})
  })

  it('accepts lines that end in CR LF', () => {
    expect(read('a = 1\r\nb = <<EOF\r\nx\r\nEOF\r\n')).toEqual({ a: 1, b: 'x\n' })
  })

  it('removes the indentation of the closing line, even when it has none', () => {
    expect(read('a = <<-EOF\n  x\n   y\n  EOF\nb = <<-EOF\nz\nEOF\n')).toEqual({ a: 'x\n y\n', b: 'z\n' })
  })

  it('keeps interpolations as they are written', () => {
    const text = ['x $', '{join("\\n", {y = "}"})} z'].join('')
    expect(read(`a = "${text}"`)).toEqual({ a: text })
  })

  it('keeps names such as __proto__ as ordinary keys', () => {
    const result = parseHcl('__proto__ { polluted = true }\nconstructor "prototype" { polluted = true }')
    expect(result.ok && Object.keys(result.value as object)).toEqual(['__proto__', 'constructor'])
    expect(Object.hasOwn({}, 'polluted') || 'polluted' in {}).toBe(false)
  })

  it('accepts whole numbers of 64 bits, though rounded', () => {
    expect(read('a = 9223372036854775807 b = -9223372036854775808')).toEqual({ a: 2 ** 63, b: -(2 ** 63) })
  })
})

describe('parseHcl says where and what is wrong', () => {
  it.each<[string, string]>([
    ['a', '1:2: expected "=" or "{" after the key, got the end of the text'],
    ['a = 1\nb = ', '2:5: expected a value, got the end of the text'],
    ['a = yes', '1:5: expected a value, got a word without quotes; put text in quotes'],
    ['a "b" = 1', '1:7: expected "{", because a key with a label takes no "=", got "="'],
    ['1 = 2', '1:1: expected a key, got a number'],
    ['a {\n  b = 1\n', '1:3: "{" is not closed: expected "}", got the end of the text'],
    ['a = 1\n}', '2:1: expected a key, got "}"'],
    ['a = [1 2]', '1:8: expected "," or "]" in the list, got a number'],
    ['a = [1', '1:7: expected "," or "]" in the list, got the end of the text'],
    ['é = "x\n"', '1:5: string is not closed before the end of the line'],
    ['a = "${x"', '1:6: an opening "$" and "{" in a string is not closed: expected "}"'],
    ['a = "\\d"', '1:6: unknown or incomplete escape "\\\\d" in a string'],
    ['a = "\\400"', '1:6: unknown or incomplete escape "\\\\4" in a string'],
    ['a = "\\UFFFFFFFF"', '1:6: unknown or incomplete escape "\\\\U" in a string'],
    ['a = <<EOF\nx\n', '1:5: heredoc is not closed: expected a line with only EOF, ended by a newline'],
    ['a = << x', '1:5: a heredoc starts with "<<" and a word that ends the line, such as <<EOF'],
    ['a = 1 /* b', '1:7: comment is not closed: expected "*/"'],
    ['a = 1 / 2', '1:7: unexpected "/"; comments start with "#", "//" or "/*"'],
    ['a = 09', '1:5: not a whole number of at most 64 bits'],
    ['a = 9223372036854775808', '1:5: not a whole number of at most 64 bits'],
    ['a = 1e', '1:5: not a number'],
    ['a = 1e999', '1:5: not a number'],
    ['a = 1\na = "x"', '2:1: key "a" was first given as a whole number and is something else here'],
    ['a {}\na = [1]', '2:1: key "a" was first given as a block and is something else here'],
    ['a {}\na "b" {}', '1:1: key "a" is used both with and without a label'],
    ['a "b" {}\na {}', '2:1: key "a" is used both with and without a label'],
    ['a = 1\0', '1:6: character U+0000 is not allowed'],
    ['{"a": [1,]}', '1:10: expected a JSON value, got "]"'],
    ['{"a": 1,\n "b" 2}', '2:6: expected ":" after a key, got "2"'],
    ['{"a": 1} x', '1:10: expected the end of the JSON text, got "x"'],
    ['{"a": "\\x"}', '1:7: string is not closed, or holds a control character or an unknown escape'],
    ['{"a": "b\\\\\\"', '1:7: string is not closed, or holds a control character or an unknown escape'],
    ['{a: 1}', '1:2: expected a key in double quotes, got "a"'],
    ['{"a": 1 "b": 2}', '1:9: expected "," or "}", got "\\""'],
  ])('in %j', (text, message) => {
    expect(refusal(text)).toBe(message)
  })

  it('repeats no text of the document that may be a secret', () => {
    const secret = 'b1gs0317-0f0e-secret'
    const broken = [`token = ${secret}`, `token "${secret}"`, `token = ["${secret}" "${secret}"]`, `token ${secret}`]
    for (const text of broken) expect(refusal(text)).not.toMatch(/secret|accepted/)
  })
})

describe('parseHcl bounds what hostile text can cost', () => {
  const times = 100_000

  it.each<[string, string]>([
    ['nested lists', `a = ${'['.repeat(times)}`],
    ['nested blocks', 'a {'.repeat(times)],
    ['labels', `${'a '.repeat(times)}{}`],
    ['nested JSON', `{"a": ${'['.repeat(times)}${']'.repeat(times)}}`],
    ['nested broken JSON', `{"a": ${'['.repeat(times)}`],
  ])('refuses deep %s', (_, text) => {
    expect(refusal(text)).toMatch(/nested deeper than 256 levels$/)
  })

  it('reads many blocks with different labels', () => {
    const text = Array.from({ length: 20_000 }, (_, i) => `k${i} "a" {}\n`).join('')
    expect(Object.keys(read(text) as object)).toHaveLength(20_000)
  })

  it('reads long strings', () => {
    expect(read(`a = "${'x\\n'.repeat(times)}"`)).toEqual({ a: 'x\n'.repeat(times) })
  })
})
