// Documents that commands take from a file or, as `-`, from standard input.

import { readFileSync } from 'node:fs'
import { Fault } from '../core/model/fault.ts'
import type { JsonObject } from '../lib/json-value.ts'
import { parseConfigText } from '../rim/config-file.ts'
import type { Io } from './io.ts'

/** The object in a HCL, JSON or YAML file. Throws Fault('invalid') when it cannot be read or holds no object. */
export async function readDocument(io: Io, name: string): Promise<JsonObject> {
  const shown = name === '-' ? 'stdin' : name
  const document = parseConfigText(name === '-' ? await io.readStdin() : readFile(name), undefined, shown)
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw new Fault('invalid', `${shown}: expected an object at the top, got ${JSON.stringify(document).slice(0, 40)}`)
  }
  if (Object.keys(document).length === 0) throw new Fault('invalid', `${shown}: is empty`)
  return document as JsonObject
}

/** The value under `key`, which may be written with any capitals. */
export function lookup(document: JsonObject, key: string): JsonObject[string] | undefined {
  const name = Object.keys(document).find(candidate => candidate.toLowerCase() === key.toLowerCase())
  return name === undefined ? undefined : document[name]
}

function readFile(name: string): string {
  try {
    return readFileSync(name, 'utf8')
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    const reason = code === 'ENOENT' ? 'no such file' : code === 'EISDIR' ? 'is a directory' : String(error)
    throw new Fault('invalid', `${name}: ${reason}`, { cause: error })
  }
}
