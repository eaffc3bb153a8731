// `?filter=`: the test a row must pass.

import { Fault } from '../../core/model/fault.ts'
import type { FieldSpec } from '../../lib/bexpr/field-spec.ts'
import { compileFilter, matches } from '../../lib/bexpr/filter.ts'

/** The test of an expression; every row passes an empty one. Throws Fault('rejected') when it does not fit the rows. */
export function rowFilter(expression: string, fields: FieldSpec): (row: unknown) => boolean {
  if (expression === '') return () => true
  const compiled = compileFilter(expression, fields)
  if (!compiled.ok) {
    throw new Fault('rejected', `Failed to create boolean expression evaluator: ${compiled.message}`)
  }
  return row => matches(compiled.filter, row)
}
