import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compileRegex, regexMatches } from './regex.ts'

function matches(pattern: string, text: string): boolean {
  const result = compileRegex(pattern)
  if (!result.ok) throw new Error(result.message)
  return regexMatches(result.regex, text)
}

describe('regexMatches', () => {
  it.each<[string, string, string[], string[]]>([
    ['finds a pattern anywhere', 'b+', ['abc', 'b'], ['', 'ac']],
    ['anchors with ^ and $', '^ab$', ['ab'], ['xab', 'abx', 'ab\n']],
    ['anchors with \\A and \\z', '\\Aab\\z', ['ab'], ['xab', 'ab\n']],
    ['anchors lines with (?m)', '(?m)^b$', ['a\nb\nc'], ['ab']],
    ['takes the longest or the shortest alike', '^(a|ab)(c|bcd)$', ['abcd', 'ac', 'abc'], ['abd']],
    ['keeps the dot from newlines', 'a.c', ['abc', 'a\u{1f600}c'], ['a\nc']],
    ['lets the dot take newlines with (?s)', '(?s)a.c', ['a\nc'], []],
    ['ignores case with (?i)', '(?i)straße[x-z]', ['STRAßEY'], ['strasse']],
    ['ignores case before it negates', '(?i)^[^a]\\W$', ['b-'], ['A-', 'b\u017f']],
    ['ends a flag with its group', '((?i)a)b', ['Ab'], ['AB']],
    ['takes flags for a group', '(?i:a)b(?-i:c)', ['Abc'], ['ABc']],
    ['counts', '^a{2,3}b{2}c{0}d{1,}$', ['aabbd', 'aaabbdd'], ['abbd', 'aaaabbd', 'aabbcd']],
    ['takes a brace that is no count as itself', 'a{,2}', ['a{,2}'], ['aa']],
    ['reads lazy repeats', '^a+?b*?c??$', ['aab', 'a', 'ac'], ['b']],
    ['reads classes', '^[]a-c^-]+$', ['a]b^-c'], ['d']],
    ['reads negated classes', '^[^a-c\\d]$', ['d', '\n'], ['a', '5']],
    ['reads POSIX classes', '^[[:alpha:][:^ascii:]]+$', ['aBé'], ['1']],
    ['reads perl classes', '^\\d\\D\\s\\S\\w\\W$', ['1a b_.'], ['11 b_.']],
    ['reads Unicode classes', '^\\pL\\p{Greek}\\PL[\\p{^Lu}]$', ['éα1a'], ['éa1a', 'éα1A']],
    ['reads escapes', '^\\.\\x41\\x{1F600}\\101\\n\\t\\0$', ['.A\u{1f600}A\n\t\0'], ['.']],
    ['finds word edges', '\\bcat\\b', ['a cat.', 'cat'], ['concat', 'cats']],
    ['finds places that are no word edge', '\\Bcat', ['concat'], ['a cat']],
    ['reads quoted text', '^\\Qa.b*\\E+c$', ['a.b*c', 'a.b**c'], ['axb*c']],
    ['reads named groups', '(?P<x>a)(?<y>b)(?:c)', ['abc'], ['ab']],
    ['matches everything when empty', '', ['', 'x'], []],
    ['accepts repeats of nothing', '^(a*)*(|b)+$', ['', 'aab'], ['c']],
  ])('%s: %s', (_, pattern, accepted, refused) => {
    expect(accepted.filter(text => !matches(pattern, text))).toEqual([])
    expect(refused.filter(text => matches(pattern, text))).toEqual([])
  })

  it('agrees with the platform on random patterns', () => {
    const atom = fc.constantFrom('a', 'b', 'c', '.', '[ab]', '[^a]', '\\w', '\\s', '^', '$', '\\b')
    const { pattern } = fc.letrec<{ pattern: string }>(tie => ({
      pattern: fc.oneof(
        { maxDepth: 4 },
        atom,
        fc.array(tie('pattern'), { maxLength: 3 }).map(parts => parts.join('')),
        fc.tuple(tie('pattern'), tie('pattern')).map(parts => `(${parts.join('|')})`),
        fc
          .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{2}', '{1,2}', '*?'))
          .map(([part, count]) => `(?:${part})${count}`),
      ),
    }))
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' ', '\n'), maxLength: 6 })
    fc.assert(
      fc.property(pattern, text, (source, subject) => {
        expect(matches(source, subject)).toBe(new RegExp(source, 'u').test(subject))
      }),
      { numRuns: 1000 },
    )
  })

  it.each<[string, string]>([
    ['(a+)+$', `${'a'.repeat(5000)}b`],
    ['^(a|a)*$', `${'a'.repeat(5000)}b`],
    ['(.*)*x', 'a'.repeat(5000)],
    ['^(\\w+\\s?)*$', `${'aaaa '.repeat(1000)}!`],
  ])('answers %s at once on a text that defeats backtracking', (pattern, text) => {
    expect(matches(pattern, text)).toBe(false)
  })
})

describe('compileRegex refuses', () => {
  it.each<[string, string]>([
    ['(', '"(" is not closed'],
    ['a)', 'unexpected ")"'],
    ['[a', '"[" is not closed'],
    ['[]', '"[" is not closed'],
    ['[a-', '"[" is not closed'],
    ['[b-a]', 'a range in "[...]" runs backwards'],
    ['*a', 'nothing stands before "*" to repeat'],
    ['a|+', 'nothing stands before "+" to repeat'],
    ['a**', 'a repeat of a repeat needs a group between them'],
    ['a{2,1}', 'repeat {2,1} is not an ascending count of at most 1000'],
    ['a{1001}', 'repeat {1001} is not an ascending count of at most 1000'],
    ['(?=a)', 'groups are (x), (?:x), (?<name>x) or (?flags:x); there is no lookaround'],
    ['{2}', 'nothing stands before "{2}" to repeat'],
    ['(a)\\1', 'unknown escape "\\1"'],
    ['\\y', 'unknown escape "\\y"'],
    ['a\\', 'unknown escape "\\"'],
    ['\\p{Nope}', 'unknown Unicode class after "\\p"'],
    ['\\x{110000}', 'escape \\x{110000} is not a Unicode character'],
    ['[[:nope:]]', 'unknown character class [:nope:]'],
    ['a'.repeat(1001), 'pattern is longer than 1000 characters'],
    ['(a{1000}){5}', 'pattern needs more than 4000 steps; use smaller counts'],
    [`${'('.repeat(102)}${')'.repeat(102)}`, 'groups are nested deeper than 100'],
  ])('%s', (pattern, message) => {
    expect(compileRegex(pattern)).toEqual({ ok: false, message })
  })

  it('nothing about nested repeats of nothing, at once', () => {
    expect(compileRegex(`${'('.repeat(90)}${'){1000}'.repeat(90)}`).ok).toBe(true)
  })
})
