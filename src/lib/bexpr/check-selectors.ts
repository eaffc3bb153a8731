// Whether an expression fits the fields it is meant for. The texts of refusals are the ones Consul's clients know.

import { ExpressionFault } from './expression-fault.ts'
import { type FieldSpec, fieldOf } from './field-spec.ts'
import { readBool, readNumber } from './operand.ts'
import type { Expression, Match, Operator } from './parse-expression.ts'

/** Throws ExpressionFault at the first test that does not fit. */
export function checkSelectors(expression: Expression, fields: FieldSpec): void {
  switch (expression.kind) {
    case 'match':
      checkMatch(expression, fields)
      break
    case 'not':
      checkSelectors(expression.term, fields)
      break
    default:
      for (const term of expression.terms) checkSelectors(term, fields)
  }
}

function checkMatch(match: Match, fields: FieldSpec): void {
  const selector = JSON.stringify(match.selector.join('.'))
  const field = resolve(match.selector, fields)
  if (!operatorsOf(field).includes(match.operator)) {
    const operator = OPERATOR_NAMES[match.operator][match.negated ? 1 : 0]
    throw new ExpressionFault(`Invalid match operator ${JSON.stringify(operator)} for selector ${selector}`)
  }
  const problem = match.operator === 'empty' ? undefined : valueProblem(match.value, field)
  if (problem === undefined) return
  throw new ExpressionFault(
    `Failed to coerce value ${JSON.stringify(match.value)} for selector ${selector}: ${problem}`,
  )
}

function resolve(selector: readonly string[], fields: FieldSpec): FieldSpec {
  let field = fields
  for (const [depth, name] of selector.entries()) {
    const inner = fieldOf(field, name)
    if (!inner)
      throw new ExpressionFault(`Selector ${JSON.stringify(selector.slice(0, depth + 1).join('.'))} is not valid`)
    field = inner
  }
  return field
}

function operatorsOf(field: FieldSpec): readonly Operator[] {
  switch (field.type) {
    case 'string':
      return ['equal', 'in', 'matches']
    case 'int':
    case 'bool':
      return ['equal']
    case 'list':
      return isPrimitive(field.of) ? ['in', 'empty'] : ['empty']
    case 'map':
      return ['in', 'empty']
    case 'object':
      return []
  }
}

function isPrimitive(field: FieldSpec): boolean {
  return field.type === 'string' || field.type === 'int' || field.type === 'bool'
}

function valueProblem(value: string, field: FieldSpec): string | undefined {
  const type = field.type === 'list' ? field.of.type : field.type
  if (type === 'int' && !isWhole(readNumber(value))) return 'expected a whole number'
  if (type === 'bool' && readBool(value) === undefined) return 'expected true or false'
  return undefined
}

function isWhole(number: number | undefined): boolean {
  return Number.isInteger(number) && Math.abs(number!) < 2 ** 63
}

const OPERATOR_NAMES: Readonly<Record<Operator, readonly [string, string]>> = {
  equal: ['Equal', 'Not Equal'],
  in: ['In', 'Not In'],
  empty: ['Is Empty', 'Is Not Empty'],
  matches: ['Matches', 'Not Matches'],
}
