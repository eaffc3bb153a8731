// What commands on client agents do to the state.

import { clientAgentKey } from '../model/client-agent.ts'
import { unreachable } from '../model/fault.ts'
import type { AgentCommand } from './agent-commands.ts'
import { tenancyFault } from './reduce-tenancy.ts'
import { done, put, type Reduced, refuse, remove } from './reduced.ts'
import type { State } from './view.ts'

/** Folds a command on client agents. */
export function reduceAgents(state: State, command: AgentCommand): Reduced {
  switch (command.type) {
    case 'set-agent': {
      const wrong = tenancyFault(state, command.agent.Partition, 'default')
      return wrong === undefined
        ? done(put(state, 'agents', clientAgentKey(command.agent), command.agent))
        : refuse(wrong)
    }
    case 'remove-agent':
      return done(remove(state, 'agents', clientAgentKey({ Partition: command.partition, Node: command.node })))
    default:
      return unreachable(command)
  }
}
