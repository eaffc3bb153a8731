// Resources as text a person can read and compare: protobuf-JSON laid out as YAML.
import { type JsonValue, toJson } from '@bufbuild/protobuf'
import { stringify } from 'yaml'
import { messageOf, schemaOf } from '../../src/core/envoy/make-resource.ts'
import { envoyTypes } from '../../src/core/envoy/registry.ts'
import { type Resource, type ResourceSet, resourceTypes } from '../../src/core/envoy/resource.ts'

/** The resources of the shown types, each type sorted by name; types without resources are left out. */
export function resourceText(set: ResourceSet, show: readonly string[] = resourceTypes): string {
  const types = resourceTypes.filter(type => show.includes(type) && set[type].length > 0)
  const tree = Object.fromEntries(types.map(type => [type, [...set[type]].sort(byName).map(json)]))
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
