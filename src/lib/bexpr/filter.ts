// Filter expressions, as Consul's `?filter=` and resolver subsets take them (the language of go-bexpr): text in, answers
// about plain objects out.

import { checkSelectors } from './check-selectors.ts'
import { evaluate } from './evaluate.ts'
import { ExpressionFault } from './expression-fault.ts'
import type { FieldSpec } from './field-spec.ts'
import type { Condition } from './operand.ts'
import { prepare } from './operand.ts'
import { parseExpression } from './parse-expression.ts'

/** A compiled expression; an empty one selects everything. */
export interface Filter {
  readonly source: string
  readonly condition: Condition | undefined
  readonly fields: FieldSpec | undefined
}

export type FilterResult =
  | { readonly ok: true; readonly filter: Filter }
  | { readonly ok: false; readonly message: string }

/**
 * Compiles an expression over objects with the given fields. Refused are unknown selectors, operators that do not fit a
 * field's type and values that cannot be read as it; with the texts that clients know, such as `Selector "x" is not
 * valid`. Without `fields` anything may be selected and types are judged by the values met.
 */
export function compileFilter(source: string, fields?: FieldSpec): FilterResult {
  if (source === '') return { ok: true, filter: { source, condition: undefined, fields } }
  try {
    const expression = parseExpression(source)
    if (fields) checkSelectors(expression, fields)
    return { ok: true, filter: { source, condition: prepare(expression), fields } }
  } catch (fault) {
    if (!(fault instanceof ExpressionFault)) throw fault
    return { ok: false, message: `Failed to create boolean expression evaluator: ${fault.message}` }
  }
}

/** Compiles an expression whose fields are not known in advance. */
export function parseFilter(source: string): FilterResult {
  return compileFilter(source)
}

/**
 * Whether the filter selects `value`. A selector that passes a list holds when it holds for any of the elements. A
 * missing field is the zero of its type; a missing key of a map equals nothing, contains nothing and is empty.
 */
export function matches(filter: Filter, value: unknown): boolean {
  return filter.condition === undefined || evaluate(filter.condition, value, filter.fields)
}
