import { describe, expect, it } from 'vitest'
import { nearest } from './nearest.ts'

const KEYS = ['Name', 'MeshGateway', 'mesh_gateway', 'Protocol', 'TransparentProxy', 'Mode', 'Meta']

describe('nearest', () => {
  it.each<[string, string]>([
    ['Nam', 'Name'],
    ['name', 'Name'],
    ['Naem', 'Name'],
    ['MESH-GATEWAY', 'MeshGateway'],
    ['mesh_gatewy', 'MeshGateway'],
    ['protcol', 'Protocol'],
    ['Protocoll', 'Protocol'],
    ['transparnt_prxy', 'TransparentProxy'],
  ])('suggests for %s the key %s', (word, expected) => {
    expect(nearest(word, KEYS)).toBe(expected)
  })

  it.each(['', '_', 'Upstreams', 'x', 'xx', 'z'.repeat(500)])('suggests nothing for "%s"', word => {
    expect(nearest(word, KEYS)).toBeUndefined()
  })

  it('prefers the fewest edits, then the first candidate', () => {
    expect(nearest('mete', ['Mode', 'Meta', 'Mets'])).toBe('Meta')
  })

  it('prefers an exact match behind a near one', () => {
    expect(nearest('meta', ['Mete', 'Meta'])).toBe('Meta')
  })

  it('suggests nothing when there are no candidates', () => {
    expect(nearest('Name', [])).toBeUndefined()
  })
})
