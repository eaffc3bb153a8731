// Options that commands on peerings share, and how one peering is asked for.

import { Fault } from '../../../core/model/fault.ts'
import { mapFlag, stringFlag } from '../../../lib/go-flags.ts'
import { type AgentClient, apiPath, refusalOf } from '../../../rim/client/agent-client.ts'

export const nameFlag = stringFlag("This cluster's name for the peer. Required.", { placeholder: 'name' })

export const metaFlag = mapFlag('Metadata of the peering. May be given several times.')

/** Throws unless the flag was given a value. */
export function requireFlag(name: string, value: string): void {
  if (value === '') throw new Fault('invalid', `Missing the required -${name} flag`)
}

/** `Meta` for a request body; nothing when there is none. */
export function metaBody(meta: ReadonlyMap<string, string>) {
  return meta.size > 0 ? { Meta: Object.fromEntries(meta) } : {}
}

/** The JSON of a peering. Throws Fault('not-found') when there is none of that name. */
export async function fetchPeering(client: AgentClient, name: string): Promise<{ text: string; value: unknown }> {
  const answer = await client.send({ path: apiPath('v1', 'peering', name) })
  if (answer.status === 404) throw new Fault('not-found', `No peering with name ${name} found.`)
  if (answer.status !== 200) throw refusalOf(answer)
  return { text: answer.text, value: JSON.parse(answer.text) }
}
