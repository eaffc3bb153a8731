import { expect, it } from 'vitest'
import { unquoteGo } from './go-escape.ts'

it.each<[string, string | undefined]>([
  ['', ''],
  ['plain é', 'plain é'],
  ['\\a\\b\\f\\n\\r\\t\\v\\\\\\"', '\x07\b\f\n\r\t\v\\"'],
  ['\\101\\x42\\u0043\\U0001F600', 'ABC\u{1f600}'],
  ['\\xc3\\xa9x\\303\\251', 'éxé'],
  ['\\xff\\ud800', '\ufffd\ufffd'],
  ['a\\', undefined],
  ["\\'", undefined],
  ['\\d', undefined],
  ['\\x4', undefined],
  ['\\400', undefined],
  ['\\U00110000', undefined],
])('the body %j of a Go string means %j', (body, meaning) => {
  expect(unquoteGo(body)).toBe(meaning)
})
