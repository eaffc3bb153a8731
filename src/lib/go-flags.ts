// Command-line flags with the exact rules of Go's `flag` package: one or two dashes, `-f=v`, `-f v`, booleans without a
// value, the first non-flag argument ends them. One table of flags gives the parser, its types and (flag-help.ts) the help.

import { parseDuration } from './duration.ts'
import { nearest } from './nearest.ts'

/** One flag: how its text is read, and what the help says about it. */
export interface Flag<T> {
  /** True when the flag may stand without a value. */
  readonly isBool: boolean
  /** The value when the flag is absent. */
  readonly initial: T
  /** Shown as `-name=<placeholder>`; unused for booleans. */
  readonly placeholder: string
  readonly description: string
  /** The value after reading `text`; a repeatable flag adds to `previous`. */
  read(text: string, previous: T): { readonly value: T } | { readonly reason: string }
}

// biome-ignore lint/suspicious/noExplicitAny: a table holds flags of any value type; FlagValues gives each its own back.
export type FlagTable = Readonly<Record<string, Flag<any>>>

export type FlagValues<F extends FlagTable> = { readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never }

/** The outcome of a parse; `given` names the flags that were present, `rest` is everything from the first non-flag on. */
export type ParsedFlags<F extends FlagTable> =
  | {
      readonly outcome: 'parsed'
      readonly values: FlagValues<F>
      readonly given: ReadonlySet<string>
      readonly rest: readonly string[]
    }
  | { readonly outcome: 'help' }
  | { readonly outcome: 'error'; readonly message: string }

interface State {
  readonly values: Map<string, unknown>
  readonly given: Set<string>
  position: number
}

/** Reads `args` by `table`. `-h` and `-help` ask for help unless the table defines them. Error texts are Go's. */
export function parseFlags<F extends FlagTable>(table: F, args: readonly string[]): ParsedFlags<F> {
  const state: State = {
    values: new Map(Object.entries(table).map(([name, flag]) => [name, flag.initial])),
    given: new Set(),
    position: 0,
  }
  while (state.position < args.length) {
    const arg = args[state.position]!
    if (arg.length < 2 || !arg.startsWith('-')) break
    state.position++
    if (arg === '--') break
    const failure = readFlag(table, arg, args, state)
    if (failure === 'help') return { outcome: 'help' }
    if (failure !== undefined) return { outcome: 'error', message: failure }
  }
  const values = Object.fromEntries(state.values) as FlagValues<F>
  return { outcome: 'parsed', values, given: state.given, rest: args.slice(state.position) }
}

/** Reads one flag, and its value from the next argument where it needs one. Returns an error text, `help` or undefined. */
function readFlag(table: FlagTable, arg: string, args: readonly string[], state: State): string | undefined {
  const body = arg.slice(arg.startsWith('--') ? 2 : 1)
  if (body === '' || body.startsWith('-') || body.startsWith('=')) return `bad flag syntax: ${arg}`
  const equals = body.indexOf('=')
  const name = equals < 0 ? body : body.slice(0, equals)
  let text = equals < 0 ? undefined : body.slice(equals + 1)

  const flag = Object.hasOwn(table, name) ? table[name] : undefined
  if (flag === undefined) return name === 'h' || name === 'help' ? 'help' : unknownFlag(table, name)
  if (text === undefined && flag.isBool) text = 'true'
  if (text === undefined) {
    if (state.position >= args.length) return `flag needs an argument: -${name}`
    text = args[state.position++]!
  }

  const result = flag.read(text, state.values.get(name))
  if ('reason' in result) return invalidValue(flag, name, text, result.reason)
  state.values.set(name, result.value)
  state.given.add(name)
  return undefined
}

function invalidValue(flag: Flag<unknown>, name: string, text: string, reason: string): string {
  const quoted = JSON.stringify(text)
  if (flag.isBool) return `invalid boolean value ${quoted} for -${name}: ${reason}`
  return `invalid value ${quoted} for flag -${name}: ${reason}`
}

function unknownFlag(table: FlagTable, name: string): string {
  const near = nearest(name, Object.keys(table))
  return `flag provided but not defined: -${name}${near === undefined ? '' : ` (did you mean -${near}?)`}`
}

/** A flag that is false unless given: `-f`, `-f=true`, `-f=0`. */
export function boolFlag(description: string, initial = false): Flag<boolean> {
  return {
    isBool: true,
    initial,
    placeholder: '',
    description,
    read: text => {
      const value = parseGoBool(text)
      return value === undefined ? { reason: 'parse error' } : { value }
    },
  }
}

/** A text; the last one given counts. */
export function stringFlag(
  description: string,
  options: { placeholder?: string; initial?: string } = {},
): Flag<string> {
  return {
    isBool: false,
    initial: options.initial ?? '',
    placeholder: options.placeholder ?? 'value',
    description,
    read: value => ({ value }),
  }
}

/** A text out of `allowed`. */
export function choiceFlag<const T extends string>(description: string, allowed: readonly T[], initial: T): Flag<T> {
  return {
    isBool: false,
    initial,
    placeholder: allowed.filter(choice => choice !== '').join('|'),
    description,
    read: text => {
      const value = allowed.find(choice => choice === text)
      if (value !== undefined) return { value }
      return { reason: `allowed are ${allowed.filter(choice => choice !== '').join(', ')}` }
    },
  }
}

/** A whole number, also in Go's 0x, 0o, 0b and leading-zero octal forms; undefined when absent. */
export function intFlag(description: string, options: { min?: number; max?: number } = {}): Flag<number | undefined> {
  const { min = Number.MIN_SAFE_INTEGER, max = Number.MAX_SAFE_INTEGER } = options
  return {
    isBool: false,
    initial: undefined,
    placeholder: 'int',
    description,
    read: text => {
      const value = parseGoInt(text)
      if (value === undefined) return { reason: 'parse error' }
      return value < min || value > max ? { reason: 'value out of range' } : { value }
    },
  }
}

/** A Go duration such as `10s`, in milliseconds; undefined when absent. */
export function durationFlag(description: string): Flag<number | undefined> {
  return {
    isBool: false,
    initial: undefined,
    placeholder: 'duration',
    description,
    read: text => {
      const value = parseDuration(text)
      return value === undefined ? { reason: 'parse error' } : { value }
    },
  }
}

/** A flag that may be given several times; every text is kept, in order. */
export function listFlag(description: string, placeholder = 'value'): Flag<readonly string[]> {
  return {
    isBool: false,
    initial: [],
    placeholder,
    description,
    read: (text, previous) => ({ value: [...previous, text] }),
  }
}

/** A repeatable `key=value`; a later value of the same key replaces the earlier one. */
export function mapFlag(description: string): Flag<ReadonlyMap<string, string>> {
  return {
    isBool: false,
    initial: new Map(),
    placeholder: 'key=value',
    description,
    read: (text, previous) => {
      const equals = text.indexOf('=')
      if (equals < 0) return { reason: `missing "=" value in argument: ${text}` }
      return { value: new Map([...previous, [text.slice(0, equals), text.slice(equals + 1)]]) }
    },
  }
}

/** Go's strconv.ParseBool; undefined where it refuses. */
export function parseGoBool(text: string): boolean | undefined {
  if (/^(1|t|T|true|TRUE|True)$/.test(text)) return true
  if (/^(0|f|F|false|FALSE|False)$/.test(text)) return false
  return undefined
}

function parseGoInt(text: string): number | undefined {
  const match = /^([+-]?)(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0[0-7]*|[1-9][0-9]*)$/.exec(text)
  if (!match) return undefined
  const digits = match[2]!
  const isBareOctal = /^0[0-7]+$/.test(digits)
  const magnitude = isBareOctal ? Number.parseInt(digits, 8) : Number(digits)
  return match[1] === '-' && magnitude !== 0 ? -magnitude : magnitude
}
