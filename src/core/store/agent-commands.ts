// Commands on what servers know of client agents.

import type { NewClientAgent } from '../model/client-agent.ts'

export interface SetAgentCommand {
  readonly type: 'set-agent'
  readonly agent: NewClientAgent
}

/** Forgets an agent; its node is deregistered by a command of its own. */
export interface RemoveAgentCommand {
  readonly type: 'remove-agent'
  readonly node: string
  readonly partition: string
}

export type AgentCommand = SetAgentCommand | RemoveAgentCommand
