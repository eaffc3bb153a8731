// What a partition lets another one use: its exported-services entry, seen from the consumer.

import { type ExportPatterns, exportPatterns, isMeant } from '../entries/partition-exports.ts'
import { joinKey, type ServiceName } from '../model/tenancy.ts'
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
