import { describe, expect, test } from 'vitest'
import { describeFlags } from './flag-help.ts'
import { boolFlag, choiceFlag, durationFlag, intFlag, listFlag, mapFlag, parseFlags, stringFlag } from './go-flags.ts'

const table = {
  'mesh-gateway': boolFlag('Run a mesh gateway.'),
  register: boolFlag('Register it first.'),
  ui: boolFlag('Serve the UI.', true),
  address: stringFlag('Address to bind.', { placeholder: 'ip:port' }),
  service: stringFlag('Name.', { initial: 'mesh-gateway' }),
  format: choiceFlag('Output format.', ['pretty', 'json'], 'pretty'),
  port: intFlag('Port.', { min: 0, max: 65535 }),
  ttl: durationFlag('How long.'),
  tag: listFlag('Tag; repeatable.'),
  meta: mapFlag('Meta; repeatable.'),
}

function parsed(...args: string[]) {
  const result = parseFlags(table, args)
  if (result.outcome !== 'parsed') throw new Error(JSON.stringify(result))
  return result
}

function failure(...args: string[]): string {
  const result = parseFlags(table, args)
  return result.outcome === 'error' ? result.message : result.outcome
}

describe('parseFlags', () => {
  test('accepts one or two dashes, with = or a following argument', () => {
    for (const args of [['-address', 'a:1'], ['--address', 'a:1'], ['-address=a:1'], ['--address=a:1']]) {
      expect(parsed(...args).values.address).toBe('a:1')
    }
  })

  test('keeps everything after the first = in the value', () => {
    expect(parsed('-address=a=b').values.address).toBe('a=b')
    expect(parsed('-address=').values.address).toBe('')
  })

  test('reads the tutorial command and leaves the rest after -- alone', () => {
    const result = parsed('-mesh-gateway', '-register', '-address', '10.5.0.33:8443', '--', '-l', 'debug')
    expect(result.values['mesh-gateway']).toBe(true)
    expect(result.values.register).toBe(true)
    expect(result.values.address).toBe('10.5.0.33:8443')
    expect(result.rest).toEqual(['-l', 'debug'])
    expect([...result.given]).toEqual(['mesh-gateway', 'register', 'address'])
  })

  test('a boolean never takes the next argument', () => {
    const result = parsed('-register', 'false')
    expect(result.values.register).toBe(true)
    expect(result.rest).toEqual(['false'])
  })

  test('a boolean takes every value Go takes', () => {
    for (const text of ['1', 't', 'T', 'true', 'TRUE', 'True']) expect(parsed(`-ui=${text}`).values.ui).toBe(true)
    for (const text of ['0', 'f', 'F', 'false', 'FALSE', 'False']) expect(parsed(`-ui=${text}`).values.ui).toBe(false)
  })

  test('stops at the first argument that is not a flag, a lone dash included', () => {
    expect(parsed('-register', 'file.hcl', '-address', 'x').rest).toEqual(['file.hcl', '-address', 'x'])
    expect(parsed('-').rest).toEqual(['-'])
    expect(parsed('').rest).toEqual([''])
  })

  test('takes a value that looks like a flag', () => {
    expect(parsed('-address', '-register').values).toMatchObject({ address: '-register', register: false })
  })

  test('collects repeatable flags', () => {
    const { values } = parsed('-tag', 'a', '-meta=k=v', '-tag=b', '-meta', 'k=w=x')
    expect(values.tag).toEqual(['a', 'b'])
    expect([...values.meta]).toEqual([['k', 'w=x']])
  })

  test('reads numbers and durations as Go does', () => {
    expect(parsed('-port', '8443').values.port).toBe(8443)
    expect(parsed('-port', '0x10').values.port).toBe(16)
    expect(parsed('-port', '010').values.port).toBe(8)
    expect(parsed('-ttl', '1m30s').values.ttl).toBe(90_000)
    expect(parsed().values.port).toBeUndefined()
  })

  test('keeps initial values of absent flags', () => {
    expect(parsed().values).toMatchObject({ ui: true, service: 'mesh-gateway', format: 'pretty', tag: [] })
  })

  test.each([
    [['-x'], 'flag provided but not defined: -x'],
    [['-adress', 'a'], 'flag provided but not defined: -adress (did you mean -address?)'],
    [['--mesh_gateway'], 'flag provided but not defined: -mesh_gateway (did you mean -mesh-gateway?)'],
    [['---address'], 'bad flag syntax: ---address'],
    [['-=x'], 'bad flag syntax: -=x'],
    [['-address'], 'flag needs an argument: -address'],
    [['-register=maybe'], 'invalid boolean value "maybe" for -register: parse error'],
    [['-port', 'http'], 'invalid value "http" for flag -port: parse error'],
    [['-port', '65536'], 'invalid value "65536" for flag -port: value out of range'],
    [['-ttl', '5'], 'invalid value "5" for flag -ttl: parse error'],
    [['-meta', 'k'], 'invalid value "k" for flag -meta: missing "=" value in argument: k'],
    [['-format', 'xml'], 'invalid value "xml" for flag -format: allowed are pretty, json'],
    [['-constructor'], 'flag provided but not defined: -constructor'],
    [['-__proto__=1'], 'flag provided but not defined: -__proto__'],
    [['-h'], 'help'],
    [['--help'], 'help'],
  ])("refuses %j with Go's text", (args, message) => {
    expect(failure(...args)).toBe(message)
  })
})

describe('describeFlags', () => {
  test('prints sorted flags with placeholders, folded descriptions and defaults', () => {
    const long = 'A description that is long enough to need a second line because terminals are eighty wide.'
    expect(describeFlags('Command Options', { b: boolFlag(long), a: table.address, service: table.service })).toBe(
      [
        'Command Options',
        '',
        '  -a=<ip:port>',
        '     Address to bind.',
        '',
        '  -b',
        '     A description that is long enough to need a second line because terminals',
        '     are eighty wide.',
        '',
        '  -service=<value>',
        '     Name. The default is mesh-gateway.',
      ].join('\n'),
    )
  })

  test('is empty for an empty table', () => {
    expect(describeFlags('Options', {})).toBe('')
  })
})
