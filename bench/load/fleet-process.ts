// The process of a fleet: simulated Envoys that take what they are sent, acknowledge it, and report when all of them have what
// the benchmark waits for.

import { XdsClient } from '../../test/support/xds-client.ts'
import type { DeltaResponse } from '../../test/support/xds-client-wire.ts'
import { nowMs } from '../figures.ts'
import type { FleetCommand, FleetReport, Member, Proof, Traffic } from './fleet.ts'
import { judgeOf } from './proof.ts'

const clients: XdsClient[] = []
/** Members that lack the proof. */
let missing = new Set<XdsClient>()
let hasProof: (client: XdsClient, response: DeltaResponse) => boolean = () => false
let firstAt = 0
let traffic = noTraffic()

function noTraffic(): Traffic & { resources: string[] } {
  return { responses: 0, bytes: 0, resources: [], resourceCount: 0 }
}

function connectAll(grpcPort: number, members: readonly Member[]): void {
  const fresh = members.map(({ id, nodeName, partition }) => {
    const client: XdsClient = new XdsClient({
      url: `http://127.0.0.1:${grpcPort}`,
      id,
      metadata: { ...(nodeName === undefined ? {} : { node_name: nodeName }), ...(partition && { partition }) },
      onResponse: response => take(client, response),
    })
    client.keep = false
    return client
  })
  clients.push(...fresh)
  expect({ kind: 'complete' }, fresh)
  for (const client of fresh) client.start()
}

function expect(proof: Proof, from: readonly XdsClient[]): void {
  hasProof = judgeOf(proof)
  missing = new Set(from)
  firstAt = 0
}

function take(client: XdsClient, response: DeltaResponse): void {
  count(response)
  if (!missing.has(client) || !hasProof(client, response)) return
  missing.delete(client)
  if (firstAt === 0) firstAt = nowMs()
  if (missing.size === 0) tell({ report: 'all', at: nowMs(), firstAt })
}

function count({ type, resources, removed, size }: DeltaResponse): void {
  const seen = traffic.resources
  if (seen.length < 100) {
    seen.push(...resources.map(resource => `${type} ${resource.name}`), ...removed.map(name => `${type} -${name}`))
  }
  traffic = {
    responses: traffic.responses + 1,
    bytes: traffic.bytes + size,
    resources: seen,
    resourceCount: traffic.resourceCount + resources.length + removed.length,
  }
}

function tell(report: FleetReport): void {
  process.send?.(report)
}

process.on('message', (command: FleetCommand) => {
  switch (command.do) {
    case 'connect':
      connectAll(command.grpcPort, command.members)
      return
    case 'expect':
      expect(command.proof, clients)
      tell({ report: 'expecting' })
      return
    case 'traffic':
      tell({ report: 'traffic', traffic })
      traffic = noTraffic()
      return
    case 'disconnect':
      for (const client of clients.splice(0)) client.close()
      tell({ report: 'disconnected' })
  }
})
process.on('disconnect', () => process.exit())
tell({ report: 'started' })
