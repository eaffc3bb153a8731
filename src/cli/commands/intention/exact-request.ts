// Naming one intention: by source and destination, or by its ID.

import { Fault } from '../../../core/model/fault.ts'
import { type AgentClient, type AgentRequest, apiPath } from '../../../rim/client/agent-client.ts'

/** The request for the intention that `args`, `SRC DST` or `ID`, name. */
export function exactRequest(method: 'GET' | 'DELETE', args: readonly string[]): AgentRequest {
  const [first, destination] = args
  if (destination === undefined) return { method, path: apiPath('v1', 'connect', 'intentions', first ?? '') }
  return { method, path: '/v1/connect/intentions/exact', query: { source: first, destination } }
}

/** The intention as JSON text and value. Throws Fault('not-found') with a sentence when it does not exist. */
export async function readIntention(client: AgentClient, args: readonly string[]) {
  try {
    return await client.document(exactRequest('GET', args))
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'not-found') throw error
    const message = `no intention ${args.join(' => ')}; "isthmus intention list" prints those that exist`
    throw new Fault('not-found', message, { cause: error })
  }
}
