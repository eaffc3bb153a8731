// exported-services: which services of a partition others may use: peers, other partitions, sameness groups.

import { type Infer, type Issue, list, string, withDefault } from '../../lib/schema.ts'
import { canRead, canWrite } from '../acl/permission.ts'
import { isPeerName } from '../model/peering.ts'
import { defineEntry, type EntryOf, type NewEntry } from './define-entry.ts'
import { sparse } from './sparse.ts'

const consumerFields = sparse(
  { Partition: string(), Peer: string(), SamenessGroup: string() },
  { aliases: { PeerName: 'Peer' } },
)

/** Whom a service is for is part of how it is read: an export to nobody in particular would be a mistake to keep. */
const consumer: typeof consumerFields = {
  ...consumerFields,
  decode(input, path, context) {
    const decoded = consumerFields.decode(input, path, context)
    if (decoded !== undefined) context.issues.push(...consumerIssues(decoded, path))
    return decoded
  },
}

const service = sparse({
  Name: withDefault(string(), ''),
  Namespace: string(),
  Consumers: withDefault(list(consumer), []),
})

/** A service, or all of them (`*`), and who may use it. */
export type ExportedService = Infer<typeof service>

const fields = { Services: list(service) } as const

export type ExportedServices = EntryOf<'exported-services', typeof fields>

export const exportedServices = defineEntry({
  kind: 'exported-services',
  scope: 'partition',
  fields,
  check,
  read: () => canRead('mesh'),
  write: () => canWrite('mesh'),
})

function check(entry: NewEntry<ExportedServices>): Issue[] {
  const issues: Issue[] = []
  if (entry.Name !== entry.Partition) {
    const message = `exported-services Name must be the same as the partition, "${entry.Partition}", got "${entry.Name}"`
    issues.push({ path: 'Name', message })
  }
  return [...issues, ...(entry.Services ?? []).flatMap((each, i) => checkService(entry.Partition, each, i))]
}

function checkService(partition: string, each: ExportedService, i: number): Issue[] {
  const issues: Issue[] = []
  const report = (field: string, problem: string) => {
    issues.push({ path: `Services[${i}].${field}`, message: `Services[${i}]: ${problem}` })
  }
  if (each.Name === '') report('Name', 'service name cannot be empty')
  if (each.Namespace === '*' && each.Name !== '*') {
    report('Namespace', 'service name must be wildcard if namespace is wildcard')
  }
  if (each.Consumers.length === 0) report('Consumers', 'must have at least one consumer')
  for (const [j, consumer] of each.Consumers.entries()) {
    if (consumer.Partition !== partition) continue
    const at = `Consumers[${j}]`
    report(at, `${at}: "${partition}" is the exporting partition itself, which needs no export`)
  }
  return issues
}

function consumerIssues({ Peer, Partition, SamenessGroup }: Infer<typeof consumerFields>, path: string): Issue[] {
  const names = [Peer, Partition, SamenessGroup].filter(name => name !== undefined)
  if (names.length !== 1) return [{ path, message: 'must define exactly one of Peer, Partition, or SamenessGroup' }]
  if (names.includes('*'))
    return [{ path, message: 'exporting to all partitions or peers (wildcard) is not supported' }]
  if (Peer === undefined || isPeerName(Peer)) return []
  const rule = 'lower case letters, digits and dashes, 63 at most'
  return [{ path: `${path}.Peer`, message: `${JSON.stringify(Peer)} is not the name of a peer: ${rule}` }]
}
