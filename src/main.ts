// The entry of the `isthmus` binary: joins the process to the command line. Loads only what the command needs.

import type { Command } from './cli/define-command.ts'
import { commands } from './cli/index.ts'
import type { Io } from './cli/io.ts'
import { type RegistryEntry, runCli } from './cli/run-cli.ts'

const io: Io = {
  args: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  readStdin: async () => {
    const chunks: Buffer[] = []
    for await (const chunk of process.stdin) chunks.push(chunk as Buffer)
    return Buffer.concat(chunks).toString('utf8')
  },
}

// A reader that has seen enough, such as `head`, closes the pipe; that is no failure.
process.stdout.on('error', error => {
  if ('code' in error && error.code === 'EPIPE') process.exit(0)
  throw error
})

/** A command that is a program of its own: it reads its flags and uses the process itself. */
const program = (run: (args: readonly string[]) => Promise<number>): Command => ({
  help: '',
  run: ({ args }) => run(args),
})

/** The commands that the command line cannot load by itself, because they are made of the agent. */
const programs: readonly RegistryEntry[] = [
  {
    name: 'agent',
    synopsis: 'Runs an agent',
    load: async () => program((await import('./agent/run.ts')).runAgent),
  },
  {
    name: 'sandbox',
    synopsis: 'Brings up two datacenters on this machine and shows the way of requests through them',
    load: async () => (await import('./sandbox/run.ts')).sandbox,
  },
  {
    name: 'validate',
    synopsis: 'Checks configuration files',
    load: async () => {
      const { validateCommand } = await import('./cli/commands/validate.ts')
      const { checkConfigFiles } = await import('./agent/check-config-files.ts')
      return validateCommand(checkConfigFiles)
    },
  },
]

process.exitCode = await runCli(io, [...commands, ...programs])
