// `isthmus services export`.

import { Fault } from '../../../core/model/fault.ts'
import { listFlag, stringFlag } from '../../../lib/go-flags.ts'
import type { JsonObject, JsonValue } from '../../../lib/json-value.ts'
import { type AgentClient, apiPath, refusalOf } from '../../../rim/client/agent-client.ts'
import { fields, list, text } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'

/** Somebody else may change the entry between reading and writing it. */
const ATTEMPTS = 5

export const servicesExport = defineApiCommand({
  usage: 'services export [options] -name NAME (-consumer-peers PEERS | -consumer-partitions PARTITIONS)',
  help: `Lets other clusters or partitions use a service: adds them to the exported-services entry of the partition.

Example:

    $ isthmus services export -name web -consumer-peers cluster-02,cluster-03`,
  flags: {
    name: stringFlag('Service to export; * stands for all. Required.', { placeholder: 'name' }),
    'consumer-peers': listFlag('Peers that may use the service, separated by commas.', 'peers'),
    'consumer-partitions': listFlag('Partitions that may use the service, separated by commas.', 'partitions'),
  },
  api: 'server',
  failure: 'Error exporting service',
  run: async ({ io, flags, client }) => {
    const peers = split(flags['consumer-peers'])
    const partitions = split(flags['consumer-partitions'])
    if (flags.name === '') throw new Fault('invalid', 'Missing the required -name flag')
    if (peers.length + partitions.length === 0) {
      throw new Fault('invalid', 'Missing the required -consumer-peers or -consumer-partitions flag')
    }
    const consumers = [...peers.map(Peer => ({ Peer })), ...partitions.map(Partition => ({ Partition }))]
    const { partition = 'default', ns: namespace = '' } = client.options.query
    await exportTo(client, { partition, namespace, service: flags.name, consumers })
    const targets = [
      ...(peers.length > 0 ? [`cluster peers "${peers.join(',')}"`] : []),
      ...(partitions.length > 0 ? [`partitions "${partitions.join(',')}"`] : []),
    ]
    io.stdout.write(`Successfully exported service "${flags.name}" to ${targets.join(' and to ')}\n`)
    for (const peer of await unknownPeers(client, peers)) {
      io.stderr.write(`Warning: there is no peering named "${peer}"; the service will be shared once there is one\n`)
    }
    return 0
  },
})

/** Those of the peers that there is no peering with. A name that is wrong is no error: the peering may come later. */
async function unknownPeers(client: AgentClient, peers: readonly string[]): Promise<readonly string[]> {
  if (peers.length === 0) return []
  const answer = await client.send({ path: '/v1/peerings' })
  if (answer.status !== 200) return []
  const known = list(JSON.parse(answer.text)).map(each => text(each.Name))
  return peers.filter(peer => !known.includes(peer))
}

function split(values: readonly string[]): readonly string[] {
  const names = values.flatMap(value => value.split(',')).map(name => name.trim())
  return [...new Set(names.filter(name => name !== ''))]
}

interface Export {
  readonly partition: string
  readonly namespace: string
  readonly service: string
  readonly consumers: readonly JsonObject[]
}

async function exportTo(client: AgentClient, wanted: Export): Promise<void> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const answer = await client.send({ path: apiPath('v1', 'config', 'exported-services', wanted.partition) })
    if (answer.status !== 200 && answer.status !== 404) throw refusalOf(answer)
    const entry = answer.status === 404 ? {} : fields(JSON.parse(answer.text))
    const body: JsonObject = {
      Kind: 'exported-services',
      Name: wanted.partition,
      ...(wanted.partition === 'default' ? {} : { Partition: wanted.partition }),
      Services: extended(list(entry.Services), wanted),
      ...(entry.Meta === undefined ? {} : { Meta: fields(entry.Meta) as JsonObject }),
    }
    const query = { cas: text(entry.ModifyIndex) || '0' }
    const written = await client.call({ method: 'PUT', path: '/v1/config', query, body })
    if (written.text.trim() === 'true') return
  }
  throw new Fault('conflict', 'the exported-services entry is changed by others all the time; try again')
}

/** The services of the entry with more consumers for one of them, which is added when it is not there. */
function extended(services: readonly object[], { service, namespace, consumers }: Export): JsonValue[] {
  const known = services.map(each => ({ ...each }) as JsonObject)
  const isWanted = (each: JsonObject) =>
    text(each.Name) === service && (text(each.Namespace) || 'default') === (namespace || 'default')
  const found = known.find(isWanted)
  const before = list(found?.Consumers) as readonly JsonObject[]
  const added = consumers.filter(consumer => !before.some(each => isSame(each, consumer)))
  const Consumers = [...before, ...added]
  if (found !== undefined) return known.map(each => (each === found ? { ...each, Consumers } : each))
  return [...known, { Name: service, ...(namespace === '' ? {} : { Namespace: namespace }), Consumers }]
}

function isSame(a: JsonObject, b: JsonObject): boolean {
  return (
    text(a.Peer) === text(b.Peer) &&
    text(a.Partition) === text(b.Partition) &&
    text(a.SamenessGroup) === text(b.SamenessGroup)
  )
}
