// What a partition lets another one use: its exported-services entry, seen from the consumer.

import { type ExportPatterns, exportPatterns, isMeant } from '../entries/partition-exports.ts'
import { DEFAULT_PARTITION, joinKey, type ServiceName } from '../model/tenancy.ts'
import { defineQuery, type View } from '../store/view.ts'
import { configEntry, samenessGroupOf } from './config-entry.ts'

interface PartitionsArg {
  readonly from: string
  readonly to: string
}

const exportsTo = defineQuery<PartitionsArg, ExportPatterns>({
  name: 'partition-exports',
  key: arg => joinKey(arg.from, arg.to),
  run(view, { from, to }) {
    const entry = configEntry(view, 'exported-services', from, { Partition: from, Namespace: 'default' })
    return exportPatterns(entry, to, name => samenessGroupOf(view, name, from))
  },
})

/** True when services of `consumer` may use the service; those of its own partition always may. */
export function isExportedTo(view: View, service: Omit<ServiceName, 'Peer'>, consumer: string): boolean {
  if (service.Partition === consumer) return true
  return isMeant(view.derive(exportsTo, { from: service.Partition, to: consumer }), service)
}

/** True when a partition exports anything at all to another one. */
export function exportsAnything(view: View, from: string, consumer: string): boolean {
  return from === consumer || view.derive(exportsTo, { from, to: consumer }).length > 0
}

/**
 * True when a service is neither here nor in the default partition's reach. Partitions other than the default one belong to one
 * datacenter: one of the same name elsewhere is another one, and what it exports, it exports in its own datacenter.
 */
export function isOutOfReach(view: View, { Partition }: Pick<ServiceName, 'Partition'>, asked: Asker): boolean {
  if (asked.datacenter === view.self.datacenter) return false
  return Partition !== DEFAULT_PARTITION || asked.partition !== DEFAULT_PARTITION
}

interface Asker {
  /** Where the service is. */
  readonly datacenter: string
  /** Where the one is that asks for it. */
  readonly partition: string
}
