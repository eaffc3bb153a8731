// The shape of a command: its flags and help as data, one function that does it. Commands that talk to an agent are
// defined with define-api-command.ts.

import { Fault } from '../core/model/fault.ts'
import { describeFlags } from '../lib/flag-help.ts'
import { type FlagTable, type FlagValues, parseFlags } from '../lib/go-flags.ts'
import type { Io } from './io.ts'

export interface Command {
  readonly help: string
  /** Runs with `io.args` as its arguments; resolves to the exit code. */
  run(io: Io): Promise<number>
}

export interface CommandCall<F extends FlagTable> {
  readonly io: Io
  readonly flags: FlagValues<F>
  /** The names of the flags that were on the command line. */
  readonly given: ReadonlySet<string>
  /** What follows the flags. */
  readonly args: readonly string[]
}

export interface CommandSpec<F extends FlagTable> {
  /** Behind `Usage: isthmus `: the command's name first, then what it takes, such as `config write [options] FILE`. */
  readonly usage: string
  /** What it does, in sentences folded by hand; printed below the usage. */
  readonly help: string
  readonly flags: F
  /** How many arguments may follow the flags; none unless said. */
  readonly args?: { readonly min: number; readonly max: number }
  /** Put before the message of a failure, such as `Error writing config entry`. */
  readonly failure: string
  /** Exit code of a failure; 1 unless said. */
  readonly failureCode?: number
  /** Does the work and resolves to the exit code. A Fault is printed; anything else thrown is a bug. */
  run(call: CommandCall<F>): Promise<number>
}

/** A titled part of a command's flags, for the help. */
export interface FlagSection {
  readonly title: string
  readonly flags: FlagTable
}

/** Makes a command. `sections` is how the help groups the flags; all under Command Options unless given. */
export function defineCommand<F extends FlagTable>(spec: CommandSpec<F>, sections?: readonly FlagSection[]): Command {
  const shown = sections ?? [{ title: 'Command Options', flags: spec.flags }]
  const help = [
    `Usage: isthmus ${spec.usage}`,
    spec.help.trim().replace(/^(?=.)/gm, '  '),
    ...shown.map(section => describeFlags(section.title, section.flags)),
  ]
  const command = { help: `${help.filter(part => part !== '').join('\n\n')}\n` }
  return { ...command, run: io => runSpec(spec, command.help, io) }
}

async function runSpec<F extends FlagTable>(spec: CommandSpec<F>, help: string, io: Io): Promise<number> {
  const parsed = parseFlags(spec.flags, io.args)
  if (parsed.outcome === 'help') {
    io.stdout.write(help)
    return 0
  }
  const failureCode = spec.failureCode ?? 1
  const mistake = parsed.outcome === 'error' ? parsed.message : countMistake(spec, parsed.rest)
  if (parsed.outcome === 'error' || mistake !== undefined) {
    io.stderr.write(
      `${mistake}\nUsage: isthmus ${spec.usage}\nRun "isthmus ${nameOf(spec.usage)} -h" for all options.\n`,
    )
    return failureCode
  }
  try {
    return await spec.run({ io, flags: parsed.values, given: parsed.given, args: parsed.rest })
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    io.stderr.write(`${spec.failure}: ${error.message}\n`)
    return failureCode
  }
}

/** The words of a usage before its brackets and capitals. */
function nameOf(usage: string): string {
  return /^[a-z-]+( [a-z-]+)*(?= |$)/.exec(usage)?.[0] ?? usage
}

function countMistake<F extends FlagTable>(spec: CommandSpec<F>, rest: readonly string[]): string | undefined {
  const { min, max } = spec.args ?? { min: 0, max: 0 }
  if (rest.length >= min && rest.length <= max) return undefined
  const flag = rest.slice(max).find(arg => /^--?[a-z]/.test(arg))
  const hint = flag === undefined ? '' : ` (options such as ${flag} go before the arguments)`
  if (rest.length < min) return `Not enough arguments (expected ${min}, got ${rest.length})`
  return `Too many arguments (expected ${max}, got ${rest.length})${hint}`
}
