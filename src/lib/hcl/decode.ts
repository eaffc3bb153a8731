// The tree of an HCL1 document as JSON, with Go's rules for labels and for names that occur more than once.

import type { JsonValue } from '../json-value.ts'
import { type Item, integer, type Literal, type Node } from './parse-body.ts'
import { SyntaxFault } from './syntax-fault.ts'

type Body = Record<string, JsonValue>

/** One object from the items of a body. Throws SyntaxFault where repeated names do not fit together. */
export function decodeBody(items: readonly Item[]): Body {
  const body: Body = Object.create(null)
  let repeats: Repeats | undefined
  for (const item of items) {
    const name = item.keys[0]!
    if (item.keys.length === 1 && !(name in body)) {
      body[name] = decodeAttribute(item.node)
      continue
    }
    repeats ??= new Repeats(items)
    body[name] = item.keys.length === 1 ? repeats.merge(name, body[name]!, item) : repeats.labelled(name)
  }
  return body
}

function decodeAttribute(node: Node): JsonValue {
  return node.kind === 'object' ? [decodeBody(node.items)] : decodeElement(node)
}

function decodeElement(node: Node): JsonValue {
  if (node.kind === 'object') return decodeBody(node.items)
  return node.kind === 'list' ? node.nodes.map(decodeElement) : node.value
}

/** What the items of one body say about names that occur more than once. Made only for bodies that have such names. */
class Repeats {
  readonly #first = new Map<string, Node>()
  readonly #byFoldedName = new Map<string, Item[]>()
  readonly #labelled = new Map<string, JsonValue>()

  constructor(items: readonly Item[]) {
    for (const item of items) {
      const name = item.keys[0]!
      if (!this.#first.has(name)) this.#first.set(name, item.node)
      const folded = name.toLowerCase()
      const same = this.#byFoldedName.get(folded)
      if (same) same.push(item)
      else this.#byFoldedName.set(folded, [item])
    }
  }

  /** All blocks called `name`, in any letter case: a list of one object per block, nested once per label. */
  labelled(name: string): JsonValue {
    const known = this.#labelled.get(name)
    if (known !== undefined) return known
    const blocks = this.#byFoldedName.get(name.toLowerCase())!.map(nestLabels)
    this.#labelled.set(name, blocks)
    return blocks
  }

  /** `earlier`, the value of `name` so far, with one more item of that name. The first one decides the type. */
  merge(name: string, earlier: JsonValue, item: Item): JsonValue {
    const first = this.#first.get(name)!
    const { node } = item
    if (this.#labelled.has(name)) throw unlabelled(item)
    if (first.kind === 'list' || first.kind === 'object') return append(earlier, first.kind, item)
    const value = node.kind === 'list' || node.kind === 'object' ? undefined : convert(first.kind, node)
    if (value !== undefined) return value
    throw mismatch(item, first.kind)
  }
}

function nestLabels(item: Item): Body {
  if (item.keys.length === 1) throw unlabelled(item)
  return item.keys.slice(1).reduceRight<JsonValue>((inner, label, i) => {
    const level: Body = Object.create(null)
    level[label] = i === item.keys.length - 2 ? inner : [inner]
    return level
  }, decodeAttribute(item.node)) as Body
}

function append(earlier: JsonValue, kind: 'list' | 'object', item: Item): JsonValue {
  const { node } = item
  // The first item of this name was a list or an object, and both decode to a list made here, so it may grow.
  const list = earlier as JsonValue[]
  if (node.kind === 'object') list.push(decodeBody(node.items))
  else if (node.kind !== 'list') throw mismatch(item, kind)
  else for (const each of node.nodes) list.push(appendable(each, kind, item))
  return list
}

function appendable(node: Node, kind: 'list' | 'object', item: Item): JsonValue {
  if (kind === 'object' && node.kind !== 'object') throw mismatch(item, kind)
  return decodeElement(node)
}

/** A literal in the type of an earlier one, where Go converts it. */
function convert(kind: Literal['kind'], literal: Literal): JsonValue | undefined {
  const numeric = literal.kind === 'int' || literal.kind === 'float'
  switch (kind) {
    case 'bool':
      return literal.kind === 'float' || literal.kind === 'heredoc'
        ? undefined
        : BOOLS.get(rawText(literal).toLowerCase())
    case 'int':
      return literal.kind === 'string' ? integer(literal.value) : literal.kind === 'int' ? literal.value : undefined
    case 'float':
      return numeric && !/x/i.test(literal.raw) ? Number(literal.raw) : undefined
    case 'string':
    case 'heredoc':
      return rawText(literal)
  }
}

const BOOLS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
])

function rawText(literal: Literal): string {
  return 'raw' in literal ? literal.raw : String(literal.value)
}

function mismatch(item: Item, kind: Node['kind']): SyntaxFault {
  return new SyntaxFault(
    item.offset,
    `key "${item.keys[0]}" was first given as ${NAMES[kind]} and is something else here`,
  )
}

function unlabelled(item: Item): SyntaxFault {
  return new SyntaxFault(item.offset, `key "${item.keys[0]}" is used both with and without a label`)
}

const NAMES: Readonly<Record<Node['kind'], string>> = {
  bool: 'true or false',
  int: 'a whole number',
  float: 'a number',
  string: 'a text',
  heredoc: 'a text',
  list: 'a list',
  object: 'a block',
}
