import { describe, expect, it } from 'vitest'
import { opaqueConfig } from './opaque-config.ts'

describe('opaqueConfig', () => {
  it('finds keys in any case, the lower-case spelling first', () => {
    const config = opaqueConfig({ Protocol: 'tcp', protocol: 'http', BIND_PORT: 1 }, 'Config')
    expect(config.text('protocol')).toBe('http')
    expect(config.integer('bind_port')).toBe(1)
  })

  it('takes older spellings of a key', () => {
    const config = opaqueConfig({ old_name: true }, 'Config')
    expect(config.boolean('new_name', 'old_name')).toBe(true)
  })

  it.each([
    ['1234', 1234],
    [1234, 1234],
    [1234.7, 1234],
    [true, 1],
  ])('reads %j as a whole number', (value, number) => {
    expect(opaqueConfig({ key: value }, 'Config').integer('key')).toBe(number)
  })

  it.each([
    ['true', true],
    ['0', false],
    [1, true],
    [false, false],
  ])('reads %j as true or false', (value, boolean) => {
    expect(opaqueConfig({ key: value }, 'Config').boolean('key')).toBe(boolean)
  })

  it.each([
    ['22s', 22_000],
    [22_000_000_000, 22_000],
    ['22000000000', 22_000],
  ])('reads %j as a duration', (value, milliseconds) => {
    expect(opaqueConfig({ key: value }, 'Config').duration('key')).toBe(milliseconds)
  })

  it('reports what it cannot read, with its path, and leaves it out', () => {
    const config = opaqueConfig({ limits: { max_connections: 'many' }, interval: 'soon' }, 'Config')
    expect(config.object('limits')?.integer('max_connections')).toBeUndefined()
    expect(config.duration('interval')).toBeUndefined()
    expect(config.issues).toEqual([
      { path: 'Config.limits.max_connections', message: 'expected a whole number, got "many"' },
      { path: 'Config.interval', message: 'expected a duration such as "10s", got "soon"' },
    ])
  })

  it('takes a block that was written as a list of one', () => {
    expect(
      opaqueConfig({ limits: [{ max_connections: 5 }] }, 'Config')
        .object('limits')
        ?.integer('max_connections'),
    ).toBe(5)
  })

  it('counts null and missing keys as not set', () => {
    const config = opaqueConfig({ a: null }, 'Config')
    expect(config.text('a')).toBeUndefined()
    expect(config.text('constructor')).toBeUndefined()
    expect(config.issues).toEqual([])
  })
})
