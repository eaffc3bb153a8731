// `?filter`: a boolean expression over the rows of an answer.

import { Fault } from '../../core/model/fault.ts'

/** The test of a filter expression; every row passes an empty one. */
export function filterRows(expression: string): (row: unknown) => boolean {
  if (expression === '') return () => true
  throw new Fault('rejected', 'Failed to create boolean expression evaluator: not available')
}
