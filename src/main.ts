// The entry of the `isthmus` binary: joins the process to the command line. Loads only what the command needs.

import { commands } from './cli/index.ts'
import type { Io } from './cli/io.ts'
import { runCli } from './cli/run-cli.ts'

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

process.exitCode = await runCli(io, commands)
