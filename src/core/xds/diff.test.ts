import fc from 'fast-check'
import { expect, test } from 'vitest'
import { fakeResource } from '../../../test/support/xds-resources.ts'
import type { Resource } from '../envoy/resource.ts'
import { diffResources } from './diff.ts'

function differences(before: readonly Resource[], after: readonly Resource[]): string[] {
  const found: string[] = []
  diffResources(before, after, {
    changed: resource => found.push(`+${resource.name}`),
    gone: name => found.push(`-${name}`),
  })
  return found.sort()
}

const a = fakeResource('cluster', 'a')
const b = fakeResource('cluster', 'b')
const c = fakeResource('cluster', 'c')
const d = fakeResource('cluster', 'd')
const b2 = fakeResource('cluster', 'b')

test('a replaced, an inserted and a removed resource are found, the others are not', () => {
  expect(differences([a, b, c], [a, b2, c])).toEqual(['+b'])
  expect(differences([a, c], [a, b, c])).toEqual(['+b'])
  expect(differences([a, b, c], [a, c])).toEqual(['-b'])
  expect(differences([a, b, c], [b2, c, d])).toEqual(['+b', '+d', '-a'])
  expect(differences([], [a])).toEqual(['+a'])
  expect(differences([a], [])).toEqual(['-a'])
})

test('another order is no difference', () => {
  expect(differences([a, b, c], [c, a, b])).toEqual([])
})

test('any two lists differ by exactly what their names and identities say', () => {
  const pool = ['a', 'b', 'c', 'd', 'e', 'f'].map(name => [
    fakeResource('cluster', name),
    fakeResource('cluster', name),
  ])
  const list = fc
    .uniqueArray(fc.record({ name: fc.nat(5), copy: fc.nat(1) }), { selector: pick => pick.name, maxLength: 6 })
    .map(picks => picks.map(pick => pool[pick.name]![pick.copy]!))

  fc.assert(
    fc.property(list, list, (before, after) => {
      const byName = new Map(before.map(resource => [resource.name, resource]))
      const names = new Set(after.map(resource => resource.name))
      const changed = after.filter(resource => byName.get(resource.name) !== resource).map(({ name }) => `+${name}`)
      const gone = before.filter(({ name }) => !names.has(name)).map(({ name }) => `-${name}`)
      expect(differences(before, after)).toEqual([...changed, ...gone].sort())
    }),
  )
})
