// A regular expression as a program, and the machine that runs all its branches side by side, one character at a time.

import { type CharTest, isWordChar } from './char-test.ts'
import type { Assertion, RegexNode } from './parse-regex.ts'
import { RegexFault } from './regex-fault.ts'

/** One step; `next` and `other` are indexes of steps. */
export type Instruction =
  | { readonly op: 'char'; readonly test: CharTest; readonly next: number }
  | { readonly op: 'assert'; readonly assertion: Assertion; readonly next: number }
  | { readonly op: 'split'; readonly next: number; readonly other: number }
  | { readonly op: 'match' }

const LONGEST_PROGRAM = 4000
const NONE = -1

/** Translates a tree. The program is built from its end, so that every step knows its successor; step 0 is the match. */
export function compileProgram(node: RegexNode): readonly Instruction[] {
  const program: Instruction[] = [{ op: 'match' }]
  const start = emit(program, node, 0)
  program.push({ op: 'split', next: start, other: start })
  return program
}

/** Adds the steps of `node`, to be followed by step `next`; returns the step to enter at. */
function emit(program: Instruction[], node: RegexNode, next: number): number {
  switch (node.kind) {
    case 'char':
      return add(program, { op: 'char', test: node.test, next })
    case 'assert':
      return add(program, { op: 'assert', assertion: node.assertion, next })
    case 'all':
      return node.nodes.reduceRight((following, each) => emit(program, each, following), next)
    case 'either':
      return node.nodes
        .map(each => emit(program, each, next))
        .reduceRight((other, entry) => add(program, { op: 'split', next: entry, other }))
    case 'repeat':
      return emitRepeat(program, node, next)
  }
}

function emitRepeat(program: Instruction[], node: RegexNode & { kind: 'repeat' }, next: number): number {
  let entry = next
  if (node.max === Number.POSITIVE_INFINITY) {
    const loop = add(program, { op: 'split', next, other: next })
    const body = emit(program, node.node, loop)
    program[loop] = { op: 'split', next: body, other: next }
    entry = loop
  } else {
    for (let i = node.min; i < node.max; i++) {
      const body = emit(program, node.node, entry)
      entry = add(program, { op: 'split', next: body, other: next })
    }
  }
  for (let i = 0; i < node.min; i++) {
    const size = program.length
    entry = emit(program, node.node, entry)
    // What takes no step needs no repeat; without this, nested repeats of nothing would take forever to write down.
    if (program.length === size) break
  }
  return entry
}

function add(program: Instruction[], instruction: Instruction): number {
  if (program.length >= LONGEST_PROGRAM) {
    throw new RegexFault(`pattern needs more than ${LONGEST_PROGRAM} steps; use smaller counts`)
  }
  return program.push(instruction) - 1
}

/** Whether the program matches somewhere in `text`. Takes at most one pass over the program per character. */
export function isMatch(program: readonly Instruction[], text: string): boolean {
  const start = program.length - 1
  let threads: readonly number[] = []
  let before = NONE
  for (let offset = 0; ; ) {
    const code = text.codePointAt(offset) ?? NONE
    const waiting = settle(program, [...threads, start], { before, after: code })
    if (waiting === 'match') return true
    if (code === NONE) return false
    threads = advance(waiting, code)
    before = code
    offset += code > 0xffff ? 2 : 1
  }
}

type CharInstruction = Instruction & { op: 'char' }

/** The characters around a place in the text. */
interface Place {
  readonly before: number
  readonly after: number
}

/** Follows all steps that take no character; returns those that wait for one, or that the program has matched. */
function settle(
  program: readonly Instruction[],
  entries: readonly number[],
  place: Place,
): readonly CharInstruction[] | 'match' {
  const seen = new Uint8Array(program.length)
  const waiting: CharInstruction[] = []
  const stack = [...entries]
  for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
    if (seen[at]) continue
    seen[at] = 1
    const instruction = program[at]!
    if (instruction.op === 'match') return 'match'
    if (instruction.op === 'char') waiting.push(instruction)
    else if (instruction.op === 'split') stack.push(instruction.next, instruction.other)
    else if (holds(instruction.assertion, place)) stack.push(instruction.next)
  }
  return waiting
}

function advance(waiting: readonly CharInstruction[], code: number): number[] {
  const threads: number[] = []
  for (const instruction of waiting) if (instruction.test(code)) threads.push(instruction.next)
  return threads
}

function holds(assertion: Assertion, { before, after }: Place): boolean {
  switch (assertion) {
    case 'text-start':
      return before === NONE
    case 'text-end':
      return after === NONE
    case 'line-start':
      return before === NONE || before === 0x0a
    case 'line-end':
      return after === NONE || after === 0x0a
    case 'word-edge':
      return isWordChar(before) !== isWordChar(after)
    case 'no-word-edge':
      return isWordChar(before) === isWordChar(after)
  }
}
