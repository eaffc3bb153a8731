// A command that talks to an agent: like defineCommand, with the HTTP API options added and a client handed in.

import type { FlagTable, FlagValues } from '../lib/go-flags.ts'
import { type AgentClient, createAgentClient } from '../rim/client/agent-client.ts'
import { type ClientFlagValues, resolveClientOptions } from '../rim/client/client-options.ts'
import { clientFlags, serverFlags } from './api-flags.ts'
import { type Command, type CommandCall, type CommandSpec, defineCommand } from './define-command.ts'

export interface ApiCommandCall<F extends FlagTable> extends CommandCall<F> {
  readonly client: AgentClient
}

export interface ApiCommandSpec<F extends FlagTable> extends Omit<CommandSpec<F>, 'run'> {
  /** `agent` acts on the agent itself; `server` adds -datacenter and -stale. */
  readonly api: 'agent' | 'server'
  run(call: ApiCommandCall<F>): Promise<number>
}

export function defineApiCommand<F extends FlagTable>(spec: ApiCommandSpec<F>): Command {
  const apiFlags = spec.api === 'server' ? { ...clientFlags, ...serverFlags } : clientFlags
  const run = (call: CommandCall<FlagTable>) => {
    // defineCommand gives back the values of the table it was given, which is the union of both.
    const flags = call.flags as FlagValues<F> & ClientFlagValues
    return spec.run({ ...call, flags, client: createAgentClient(resolveClientOptions(flags, call.io.env)) })
  }
  return defineCommand({ ...spec, flags: { ...apiFlags, ...spec.flags } as FlagTable, run }, [
    { title: 'Command Options', flags: spec.flags },
    { title: 'HTTP API Options', flags: apiFlags },
  ])
}
