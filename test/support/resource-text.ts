// Resources as text a person can read and compare: protobuf-JSON laid out as YAML.
import { type JsonValue, toJson } from '@bufbuild/protobuf'
import { stringify } from 'yaml'
import { messageOf, schemaOf } from '../../src/core/envoy/make-resource.ts'
import { envoyTypes } from '../../src/core/envoy/registry.ts'
import { type Resource, type ResourceSet, resourceTypes } from '../../src/core/envoy/resource.ts'

export interface Shown {
  /** Types; all of them unless given. */
  readonly show?: readonly string[]
  /** Starts of names; all of them unless given. */
  readonly only?: readonly string[]
}

/** The resources shown, each type sorted by name; types without resources are left out. */
export function resourceText(set: ResourceSet, { show = resourceTypes, only = [''] }: Shown): string {
  const lists = resourceTypes.map(type => {
    const shown = set[type].filter(({ name }) => show.includes(type) && only.some(start => name.startsWith(start)))
    return [type, shown.sort(byName).map(json)] as const
  })
  const tree = Object.fromEntries(lists.filter(([, list]) => list.length > 0))
  return stringify(tree, { lineWidth: 0, aliasDuplicateObjects: false })
}

function json(resource: Resource): unknown {
  return typeFirst(toJson(schemaOf(resource.type), messageOf(resource), { registry: envoyTypes() }))
}

/** The type of a packed message goes in front of its fields. */
function typeFirst(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(typeFirst)
  if (typeof value !== 'object' || value === null) return value
  const fields = Object.entries(value).map(([key, field]) => [key, typeFirst(field)] as const)
  return Object.fromEntries([...fields.filter(isType), ...fields.filter(field => !isType(field))])
}

function isType([key]: readonly [string, JsonValue]): boolean {
  return key === '@type'
}

function byName(a: Resource, b: Resource): number {
  return a.name < b.name ? -1 : 1
}
