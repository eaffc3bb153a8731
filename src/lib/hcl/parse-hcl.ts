// HCL version 1, the language of agent configuration, config entries and ACL rules, as the JSON that Go's hcl package
// decodes it to. Shaping that JSON into typed values, such as unwrapping lists of one block, is not done here.

import type { JsonValue } from '../json-value.ts'
import { decodeBody } from './decode.ts'
import { parseJson } from './json-text.ts'
import { parseBody } from './parse-body.ts'
import { locate, SyntaxFault } from './syntax-fault.ts'

export type HclResult =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly line: number; readonly column: number; readonly message: string }

/**
 * Reads HCL1. Every block and every `name = { }` becomes a list of objects, each label one more level:
 * `service "web" { }` is `{service: [{web: [{}]}]}`; repeated blocks and lists append, repeated scalars replace. Text that
 * opens with `{` is JSON and comes back as it is. Never throws on bad text: line and column count from 1.
 *
 * Integers beyond 2^53 lose precision; beyond 64 bits they are refused. Stricter than Go's parser, which drops the last
 * key when its value is missing at the end of the text and forgives a closing brace too many after a bad value; more
 * lenient about `<<-` heredocs, whose closing line may stand without indentation.
 */
export function parseHcl(text: string): HclResult {
  const source = text.includes('\r') ? text.replaceAll('\r\n', '\n') : text
  try {
    const value = /^\s*\{/.test(source) ? parseJson(source) : decodeBody(parseBody(source))
    return { ok: true, value }
  } catch (fault) {
    if (!(fault instanceof SyntaxFault)) throw fault
    return { ok: false, ...locate(source, fault.offset), message: fault.message }
  }
}
