import { describe, expect, it } from 'vitest'
import { BOOL, INT, listOf, mapOf, objectOf, STRING } from './field-spec.ts'
import { compileFilter, matches, parseFilter } from './filter.ts'

const CHECK = objectOf({ Status: STRING, Name: STRING, Tags: listOf(STRING) })
const FIELDS = objectOf({
  Node: objectOf({ Node: STRING, Meta: mapOf(STRING) }),
  Service: objectOf({
    Service: STRING,
    Port: INT,
    Tags: listOf(STRING),
    Meta: mapOf(STRING),
    EnableTagOverride: BOOL,
    Connect: objectOf({ Native: BOOL }),
    TaggedAddresses: mapOf(objectOf({ Address: STRING, Port: INT })),
    Numbers: listOf(INT),
  }),
  Checks: listOf(CHECK),
})

const WEB = {
  Node: { Node: 'n1', Meta: { zone: 'a', __proto__x: '1' } },
  Service: {
    Service: 'web',
    Port: 8080,
    Tags: ['v1', 'primary'],
    Meta: { version: '1', 'with.dot': 'yes' },
    EnableTagOverride: true,
    TaggedAddresses: { wan: { Address: '1.2.3.4', Port: 443 } },
    Numbers: [1, 16],
  },
  Checks: [
    { Status: 'passing', Name: 'a', Tags: [] },
    { Status: 'critical', Name: 'b', Tags: ['x'] },
  ],
}

function selects(expression: string, value: unknown = WEB): boolean {
  const strict = compileFilter(expression, FIELDS)
  if (!strict.ok) throw new Error(strict.message)
  return matches(strict.filter, value)
}

function message(expression: string): string {
  const result = compileFilter(expression, FIELDS)
  return result.ok ? 'accepted' : result.message.replace('Failed to create boolean expression evaluator: ', '')
}

describe('a filter over known fields', () => {
  it.each([
    'Service.Service == web',
    'Service.Service=="web"',
    'Service.Service == `web`',
    'Service["Service"] == web',
    'Service.Service != api',
    'we in Service.Service',
    'Service.Service contains eb',
    'Service.Service not contains x',
    '"x" not in Service.Service',
    'Service.Service matches "^w.b$"',
    'Service.Service not matches `^\\d+$`',
    'Service.Port == 8080',
    'Service.Port == "0x1F90"',
    'Service.Port != 80',
    'Service.EnableTagOverride == true',
    'Service.EnableTagOverride == 1',
    'v1 in Service.Tags',
    'Service.Tags contains primary',
    'v2 not in Service.Tags',
    '16 in Service.Numbers',
    'Service.Tags is not empty',
    'Service.Meta.version == "1"',
    'Service.Meta["with.dot"] == yes',
    'version in Service.Meta',
    'Service.Meta is not empty',
    'Service.TaggedAddresses.wan.Port == 443',
    'wan in Service.TaggedAddresses',
    'Checks.Status == critical',
    'Checks.Status != critical',
    'x in Checks.Tags',
    'Checks is not empty',
    'not Checks.Status == warning',
    'not not Service.Service == web',
    'Service.Port == 1 or Service.Port == 2 or Service.Port == 8080',
    'Service.Service == web and Service.Port == 8080 or Service.Port == 1',
    'Service.Port == 1 and Service.Port == 2 or Service.Service == web',
    'not Service.Port == 1 and Service.Service == web',
    '(Service.Port == 1 or Service.Service == web) and not (Service.Port == 1)',
    '\t( Service.Service\n==\r\nweb )  ',
    '((Service.Port == 8080))',
  ])('holds for %s', expression => {
    expect(selects(expression)).toBe(true)
  })

  it.each([
    'Service.Service == api',
    'Service.Port == 80',
    'Service.EnableTagOverride != true',
    'Checks.Status == warning',
    'Service.Tags is empty',
    'v2 in Service.Tags',
    'Service.Port == 1 and (Service.Port == 2 or Service.Service == web)',
  ])('does not hold for %s', expression => {
    expect(selects(expression)).toBe(false)
  })

  it.each<[string, boolean]>([
    ['Service.Service == ""', true],
    ['Service.Port == 0', true],
    ['Service.EnableTagOverride == false', true],
    ['Service.Connect.Native == false', true],
    ['Service.Connect.Native != false', false],
    ['Service.Tags is empty', true],
    ['Service.Meta is empty', true],
    ['x in Service.Meta', false],
    ['Checks is empty', true],
    ['Checks.Status == ""', false],
    ['Checks.Status != ""', false],
    ['Service.Meta.version == ""', false],
    ['Service.Meta.version != 1', true],
    ['1 in Service.Meta.version', false],
    ['1 not in Service.Meta.version', true],
    ['Service.Meta.version matches ".*"', false],
    ['Service.TaggedAddresses.wan.Port == 0', false],
  ])('takes absent fields as zero and absent keys as nothing: %s is %s', (expression, answer) => {
    expect(selects(expression, {})).toBe(answer)
    expect(selects(expression, { Node: null, Service: { Meta: {} }, Checks: [] })).toBe(answer)
  })

  it('takes names of the prototype as ordinary keys', () => {
    expect(selects('Service.Meta.constructor == x')).toBe(false)
    expect(selects('toString in Service.Meta')).toBe(false)
    expect(message('Service.constructor == x')).toBe('Selector "Service.constructor" is not valid')
  })

  it('selects everything when empty', () => {
    expect(selects('', undefined)).toBe(true)
  })
})

describe('compileFilter refuses', () => {
  it.each<[string, string]>([
    ['Nope == 1', 'Selector "Nope" is not valid'],
    ['Service.Nope.Port == 1', 'Selector "Service.Nope" is not valid'],
    ['Service.Port.x == 1', 'Selector "Service.Port.x" is not valid'],
    ['Checks.Nope == 1', 'Selector "Checks.Nope" is not valid'],
    ['x in Checks', 'Invalid match operator "In" for selector "Checks"'],
    ['Service is empty', 'Invalid match operator "Is Empty" for selector "Service"'],
    ['Service.Port is not empty', 'Invalid match operator "Is Not Empty" for selector "Service.Port"'],
    ['Service.Port not matches 1', 'Invalid match operator "Not Matches" for selector "Service.Port"'],
    ['Service.Tags == v1', 'Invalid match operator "Equal" for selector "Service.Tags"'],
    ['Service.Port == x', 'Failed to coerce value "x" for selector "Service.Port": expected a whole number'],
    ['Service.Port == 80.5', 'Failed to coerce value "80.5" for selector "Service.Port": expected a whole number'],
    ['x in Service.Numbers', 'Failed to coerce value "x" for selector "Service.Numbers": expected a whole number'],
    [
      'Service.EnableTagOverride == yes',
      'Failed to coerce value "yes" for selector "Service.EnableTagOverride": expected true or false',
    ],
    ['Service.Service matches "("', 'Failed to compile regular expression "(": "(" is not closed'],
    ['  ', '1:3 (2): expected a selector, a number or a quoted text, got the end'],
    [
      'Service.Port',
      '1:13 (12): expected an operator: ==, !=, in, contains, matches (or "not" before these), is empty, is not empty, got the end',
    ],
    ['Service.Port == 1 and', '1:19 (18): expected "and", "or" or the end of the expression, got "a"'],
    [
      'Service.Port == 1 or\nx',
      '2:2 (22): expected an operator: ==, !=, in, contains, matches (or "not" before these), is empty, is not empty, got the end',
    ],
    ['Service.Port == ', '1:17 (16): expected a selector, a number or a quoted text, got the end'],
    ['Service.Port == 8080x', '1:21 (20): not a number; put other texts in quotes'],
    ['Service.Port == 010', '1:18 (17): not a number; put other texts in quotes'],
    ['Service.Service == web-1', '1:23 (22): expected "and", "or" or the end of the expression, got "-"'],
    ['Service.Service == "web', '1:20 (19): quoted text is not closed or holds an unknown escape'],
    ['Service.Service == "\\d"', '1:20 (19): quoted text is not closed or holds an unknown escape'],
    ['Service.Service == `web', '1:20 (19): quoted text is not closed or holds an unknown escape'],
    ['(Service.Port == 1', '1:19 (18): expected "and", "or" or ")", got the end'],
    ['Service.Port == 1)', '1:18 (17): expected "and", "or" or the end of the expression, got ")"'],
    ['Service[Port] == 1', '1:9 (8): expected a quoted index, got "P"'],
    ['Service["Port" == 1', '1:16 (15): expected "]", got "="'],
    ['x in 1', '1:6 (5): expected a selector, got "1"'],
    ['not ==', '1:7 (6): expected a selector, a number or a quoted text, got the end'],
    ['('.repeat(102), '1:102 (101): nested deeper than 100 levels'],
  ])('%j', (expression, text) => {
    expect(message(expression)).toBe(text)
  })

  it('with the sentence that clients know in front', () => {
    expect(compileFilter('x == 1', FIELDS)).toEqual({
      ok: false,
      message: 'Failed to create boolean expression evaluator: Selector "x" is not valid',
    })
  })
})

describe('a filter over unknown fields', () => {
  function holds(expression: string, value: unknown): boolean {
    const result = parseFilter(expression)
    if (!result.ok) throw new Error(result.message)
    return matches(result.filter, value)
  }

  it.each<[string, unknown, boolean]>([
    ['a == 1', { a: 1 }, true],
    ['a == 1', { a: '1' }, true],
    ['a == x', { a: 1 }, false],
    ['a != x', { a: 1 }, true],
    ['a == t', { a: true }, true],
    ['a == 1.5', { a: 1.5 }, true],
    ['a.b == x', {}, false],
    ['a.b != x', { a: 1 }, true],
    ['a is empty', {}, true],
    ['a is empty', { a: '' }, true],
    ['a is not empty', { a: { b: 1 } }, true],
    ['1 in a', { a: [1, 2] }, true],
    ['a.b == 2', { a: [{ b: 1 }, { b: 2 }] }, true],
    ['a == x', null, false],
    ['a matches x', { a: 1 }, false],
    ['not == 1', { not: 1 }, true],
    ['not not == 1', { not: 1 }, false],
    ['not is empty', { not: [] }, true],
    ['not in in', { in: ['not'] }, true],
    ['or == 1 or and == 2', { and: 2 }, true],
  ])('%s on %j is %s', (expression, value, answer) => {
    expect(holds(expression, value)).toBe(answer)
  })

  it('compiles long chains and many negations', () => {
    expect(holds(Array.from({ length: 10_000 }, (_, i) => `a == ${i}`).join(' or '), { a: 9999 })).toBe(true)
    expect(holds(`${'not '.repeat(10_000)}a == 1`, { a: 1 })).toBe(true)
  })
})
