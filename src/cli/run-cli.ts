// From an argument list to the command it names. Knows the registry's shape and Consul's rules for help and exit codes,
// but no command.

import { nearest } from '../lib/nearest.ts'
import type { Command } from './define-command.ts'
import type { Io } from './io.ts'

const UNKNOWN_COMMAND = 127

/** A line of the registry. The command itself is loaded when it runs, because start-up time is felt. */
export interface CommandEntry {
  /** Words as typed, such as `config write`. */
  readonly name: string
  readonly synopsis: string
  load(): Promise<Command>
}

/** A word that only opens other commands, such as `config`. */
export interface CommandGroup {
  readonly name: string
  readonly synopsis: string
  /** What the help says below the usage. */
  readonly help: string
}

export type RegistryEntry = CommandEntry | CommandGroup

/** Runs the command that `io.args` names and resolves to its exit code: 127 for a command that does not exist. */
export async function runCli(io: Io, registry: readonly RegistryEntry[]): Promise<number> {
  const first = io.args[0] ?? ''
  if (/^--?(v|version)$/.test(first)) return runCli({ ...io, args: ['version', ...io.args.slice(1)] }, registry)
  const entry = longestMatch(io.args, registry)
  if (entry === undefined) return runNothing(io, first, registry)

  const rest = io.args.slice(entry.name.split(' ').length)
  if ('load' in entry) return (await entry.load()).run({ ...io, args: rest })
  return runGroup(io, entry, rest[0], registry)
}

function longestMatch(args: readonly string[], registry: readonly RegistryEntry[]): RegistryEntry | undefined {
  const matches = registry.filter(entry => entry.name.split(' ').every((word, i) => word === args[i]))
  return matches.sort((a, b) => a.name.length - b.name.length).at(-1)
}

function runNothing(io: Io, first: string, registry: readonly RegistryEntry[]): number {
  const help = topHelp(registry)
  if (isHelp(first)) {
    io.stdout.write(help)
    return 0
  }
  if (first.startsWith('-')) io.stderr.write(`options such as ${first} go behind the name of a command\n\n`)
  else if (first !== '') io.stderr.write(unknown('isthmus', first, childrenOf('', registry)))
  io.stderr.write(help)
  return UNKNOWN_COMMAND
}

function runGroup(io: Io, group: CommandGroup, word: string | undefined, registry: readonly RegistryEntry[]): number {
  const children = childrenOf(group.name, registry)
  const help = groupHelp(group, children)
  if (word === undefined || isHelp(word)) {
    io.stdout.write(help)
    return word === undefined ? 1 : 0
  }
  io.stderr.write(unknown(`isthmus ${group.name}`, word, children) + help)
  return UNKNOWN_COMMAND
}

function unknown(parent: string, word: string, children: readonly RegistryEntry[]): string {
  const near = nearest(word, children.map(lastWord))
  const hint = near === undefined ? '' : `; did you mean ${JSON.stringify(near)}?`
  return `${parent}: unknown command ${JSON.stringify(word)}${hint}\n\n`
}

function topHelp(registry: readonly RegistryEntry[]): string {
  const usage = 'Usage: isthmus [--version] [--help] <command> [<args>]'
  return `${usage}\n\nAvailable commands are:\n${synopses(childrenOf('', registry))}\n`
}

function groupHelp(group: CommandGroup, children: readonly RegistryEntry[]): string {
  const usage = `Usage: isthmus ${group.name} <subcommand> [options] [args]`
  const text = group.help.trim().replace(/^(?=.)/gm, '  ')
  return `${usage}\n\n${text}\n\nSubcommands:\n${synopses(children)}\n`
}

function synopses(entries: readonly RegistryEntry[]): string {
  const width = Math.max(...entries.map(entry => lastWord(entry).length))
  return entries.map(entry => `    ${lastWord(entry).padEnd(width)}    ${entry.synopsis}\n`).join('')
}

/** The entries one word below `parent`, by name. */
function childrenOf(parent: string, registry: readonly RegistryEntry[]): readonly RegistryEntry[] {
  const prefix = parent === '' ? '' : `${parent} `
  const isChild = ({ name }: RegistryEntry) => name.startsWith(prefix) && !name.slice(prefix.length).includes(' ')
  return registry.filter(isChild).sort((a, b) => (a.name < b.name ? -1 : 1))
}

function lastWord(entry: RegistryEntry): string {
  return entry.name.split(' ').at(-1)!
}

function isHelp(word: string): boolean {
  return /^(--?(h|help)|help)$/.test(word)
}
