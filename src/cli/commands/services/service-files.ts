// The service definitions in a file: `service { … }`, `services = [ … ]`, or one bare definition.

import { Fault } from '../../../core/model/fault.ts'
import type { JsonObject, JsonValue } from '../../../lib/json-value.ts'
import { text } from '../../answer.ts'
import type { Io } from '../../io.ts'
import { lookup, readDocument } from '../../read-document.ts'

/** All definitions in `files`, as written. Throws Fault('invalid') for a file without any. */
export async function readServices(io: Io, files: readonly string[]): Promise<readonly JsonObject[]> {
  const found: JsonObject[] = []
  for (const file of files) found.push(...servicesIn(file, await readDocument(io, file)))
  return found
}

/** The ID a definition registers under: its own, else its name. */
export function idOf(service: JsonObject): string {
  return text(lookup(service, 'id')) || text(lookup(service, 'name'))
}

function servicesIn(file: string, document: JsonObject): readonly JsonObject[] {
  const written = ['service', 'services'].flatMap(key => asList(lookup(document, key)))
  const definitions = written.length === 0 && lookup(document, 'name') !== undefined ? [document] : written
  if (definitions.length === 0) {
    throw new Fault('invalid', `${file}: holds no service; write service { name = "..." } or services = [ ... ]`)
  }
  return definitions.map((definition, i) => {
    if (!isObject(definition) || text(lookup(definition, 'name')) === '') {
      throw new Fault('invalid', `${file}: service ${i + 1} of ${definitions.length} has no name`)
    }
    return definition
  })
}

function asList(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
