// Runs a command line in this process, against an agent that a test has started, and keeps what it printed.

import { commands } from '../../src/cli/index.ts'
import { runCli } from '../../src/cli/run-cli.ts'

export interface CommandResult {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

export interface CommandSettings {
  /** The agent's address; no agent unless given. */
  readonly agent?: { readonly address: string }
  readonly env?: Readonly<Record<string, string>>
  readonly stdin?: string
}

/** `isthmus ...args`, with nothing of this process's environment. */
export async function runCommand(args: readonly string[], settings: CommandSettings = {}): Promise<CommandResult> {
  const stdout: string[] = []
  const stderr: string[] = []
  const agentEnv = settings.agent ? { CONSUL_HTTP_ADDR: settings.agent.address } : {}
  const io = {
    args,
    env: { ...agentEnv, ...settings.env },
    stdout: { write: (text: string) => stdout.push(text) },
    stderr: { write: (text: string) => stderr.push(text) },
    readStdin: async () => settings.stdin ?? '',
  }
  const code = await runCli(io, commands)
  return { code, stdout: stdout.join(''), stderr: stderr.join('') }
}
