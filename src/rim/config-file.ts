// Reads the text of configuration files, service definitions and config entries: HCL, JSON or YAML, all as plain JSON values.
// What the values mean is the business of their schemas; files are opened by the callers.

import { createRequire } from 'node:module'
import type * as Yaml from 'yaml'
import { Fault } from '../core/model/fault.ts'
import { parseHcl } from '../lib/hcl/parse-hcl.ts'
import type { JsonValue } from '../lib/json-value.ts'

export type ConfigFormat = 'hcl' | 'json' | 'yaml'

/**
 * The document in `text`. Without a format the name's extension decides, else the text itself. HCL keeps its JSON view:
 * a block is a list with one object. Throws Fault('invalid') as `name:line:column: what is wrong`.
 */
export function parseConfigText(text: string, format: ConfigFormat | undefined, name: string): JsonValue {
  const source = text.startsWith('\ufeff') ? text.slice(1) : text
  switch (format ?? formatOfName(name) ?? guessFormat(source)) {
    case 'hcl':
      return readHcl(source, name)
    case 'json':
      return readJson(source, name)
    case 'yaml':
      return readYaml(source, name)
  }
}

/** The format a file name tells by its extension, if it does. */
export function formatOfName(name: string): ConfigFormat | undefined {
  const extension = /\.([a-z]+)$/i.exec(name)?.[1]?.toLowerCase()
  if (extension === 'hcl' || extension === 'json' || extension === 'yaml') return extension
  return extension === 'yml' ? 'yaml' : undefined
}

/** JSON opens with a bracket, YAML's first line is `key:`, `- item` or `---`; everything else is HCL. */
function guessFormat(text: string): ConfigFormat {
  if (/^\s*[{[]/.test(text)) return 'json'
  const first = text.split('\n').find(line => !/^\s*(#|$)/.test(line)) ?? ''
  return /^(---|%YAML|- |\s*("[^"]*"|'[^']*'|[\w.-]+)\s*:(\s|$))/.test(first) ? 'yaml' : 'hcl'
}

function readHcl(text: string, name: string): JsonValue {
  const result = parseHcl(text)
  if (!result.ok) throw syntaxFault(name, result.line, result.column, result.message)
  return result.value
}

function readJson(text: string, name: string): JsonValue {
  if (/^\s*\{/.test(text)) return readHcl(text, name)
  const blank = /^\s*/.exec(text)![0].split('\n')
  throw syntaxFault(name, blank.length, blank.at(-1)!.length + 1, 'expected a JSON object, "{"')
}

function readYaml(text: string, name: string): JsonValue {
  const documents = yaml().parseAllDocuments(text, { stringKeys: true, merge: true })
  const broken = documents.flatMap(document => document.errors)[0]
  if (broken !== undefined) {
    const { line, col } = broken.linePos?.[0] ?? { line: 1, col: 1 }
    throw syntaxFault(name, line, col, broken.message.split(' at line')[0]!)
  }
  if (documents.length > 1) {
    throw new Fault('invalid', `${name}: holds ${documents.length} YAML documents; write one document to a file`)
  }
  try {
    return (documents[0]?.toJS({ maxAliasCount: 100 }) ?? {}) as JsonValue
  } catch (error) {
    throw new Fault('invalid', `${name}: ${error instanceof Error ? error.message : error}`, { cause: error })
  }
}

function syntaxFault(name: string, line: number, column: number, message: string): Fault {
  return new Fault('invalid', `${name}:${line}:${column}: ${message}`)
}

/** The YAML library, loaded when the first YAML text comes: most commands never need it, and it is slow to load. */
function yaml(): typeof Yaml {
  return createRequire(import.meta.url)('yaml') as typeof Yaml
}
