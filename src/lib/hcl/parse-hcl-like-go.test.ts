// Go's own hcl package, compiled to JavaScript, judges our parser: on documents people write, on random documents, and
// on damaged ones.

import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CORPUS } from './corpus.ts'
import { parseHcl } from './parse-hcl.ts'

const goHcl: { parse(text: string): string } = createRequire(import.meta.url)('js-hcl-parser')

/** What Go makes of a text: a value, or undefined when it refuses. */
function parseWithGo(text: string): unknown {
  try {
    return JSON.parse(goHcl.parse(text))
  } catch {
    return undefined
  }
}

/** What we make of it, by way of JSON, which has neither prototypes nor, in JavaScript, a negative zero. */
function parseHere(text: string): unknown {
  const result = parseHcl(text)
  if (!result.ok) return undefined
  const json = JSON.stringify(result.value, (_, each) => (Object.is(each, -0) ? 'NEGATIVE ZERO' : each))
  return JSON.parse(json.replaceAll('"NEGATIVE ZERO"', '-0'))
}

const word = fc.constantFrom('a', 'b', 'Name', 'name', 'mesh_gateway', 'x-y', 'p.q', '__proto__', 'constructor')
const content = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 8 }), fc.constantFrom('', '$', '$$', '{', '}', 'é'))
const quoted = content.map(text => JSON.stringify(text.replace(/\p{C}/gu, '')).replaceAll(/\$\{/g, '$ {'))
const heredoc = fc
  .tuple(fc.constantFrom('<<', '<<-'), fc.array(fc.constantFrom('', '  x', '\ty', '    EO', 'F '), { maxLength: 4 }))
  .map(([opening, lines]) => `${opening}EOF\n${lines.map(line => `${line}\n`).join('')}  EOF\n`)
const number = fc.constantFrom('0', '-7', '017', '0xAf', '1.5', '2e3', '.25', '3.')
const scalar = fc.oneof(quoted, heredoc, number, fc.constantFrom('true', 'false'))
const gap = fc.constantFrom(' ', '\n', '\t', ' # c\n', ' // c\n', ' /* c */ ')

const { body } = fc.letrec<{ body: string; value: string; item: string }>(tie => {
  const list = fc.array(tie('value'), { maxLength: 3 }).map(values => `[${values.join(', ')}]`)
  const attribute = fc.tuple(fc.oneof(word, quoted), gap, tie('value')).map(([key, blank, value]) => {
    return `${key}${blank}=${blank}${value}`
  })
  const block = fc
    .tuple(word, fc.array(quoted, { maxLength: 2 }), gap, tie('body'))
    .map(([key, labels, blank, inner]) => {
      return `${[key, ...labels].join(' ')}${blank}{${inner}}`
    })
  const items = fc.array(fc.tuple(tie('item'), fc.constantFrom(' ', '\n', ', ')), {
    maxLength: 4,
    depthIdentifier: 'hcl',
  })
  return {
    value: fc.oneof(
      { maxDepth: 3, depthIdentifier: 'hcl' },
      scalar,
      list,
      tie('body').map(inner => `{${inner}}`),
    ),
    item: fc.oneof({ depthIdentifier: 'hcl' }, attribute, block),
    body: items.map(each => each.flat().join('')),
  }
})

/** Go never finds the end of a `<<-` heredoc whose closing line has no indentation; we do. */
const FLUSH_HEREDOC = /<<-(\w+)\n(?:.*\n)*?\1\n/

const junk = fc.constantFrom('', '"', '{', '}', '[', ']', '=', '\n', '\\', '<<E\n', '1', ',', '/')
const damaged = fc
  .tuple(fc.constantFrom(...CORPUS), fc.nat(), junk, fc.boolean())
  .map(([document, place, piece, replaces]) => {
    const characters = Array.from(document)
    return characters.toSpliced(place % (characters.length + 1), replaces ? 1 : 0, piece).join('')
  })

describe('parseHcl agrees with Go', () => {
  it.each(CORPUS)('on %j', document => {
    const expected = parseWithGo(document)
    expect(expected).toBeDefined()
    expect(parseHere(document)).toEqual(expected)
  })

  it('on random documents, also about which of them to refuse', () => {
    const agrees = fc.property(body, document => {
      expect(parseHere(document)).toEqual(parseWithGo(document))
    })
    fc.assert(agrees, { numRuns: 300 })
  })

  it('on damaged documents, or refuses what Go lets pass', () => {
    const agrees = fc.property(damaged, document => {
      fc.pre(!FLUSH_HEREDOC.test(document))
      const here = parseHere(document)
      if (here !== undefined) expect(here).toEqual(parseWithGo(document))
    })
    fc.assert(agrees, { numRuns: 300 })
  })
})
