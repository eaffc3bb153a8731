// What a partition lets another one use: its exported-services entry, seen from the consumer.

import { joinKey, type ServiceName } from '../model/tenancy.ts'
import { defineQuery, type View } from '../store/view.ts'
import { configEntry } from './config-entry.ts'

interface PartitionsArg {
  readonly from: string
  readonly to: string
}

/** `<namespace>/<name>` of what is exported, where each part may be `*`; sorted. */
const exportsTo = defineQuery<PartitionsArg, readonly string[]>({
  name: 'partition-exports',
  key: arg => joinKey(arg.from, arg.to),
  run(view, { from, to }) {
    const entry = configEntry(view, 'exported-services', from, { Partition: from, Namespace: 'default' })
    const exported = (entry?.Services ?? []).filter(service => {
      return service.Consumers.some(consumer => consumer.Partition === to)
    })
    return exported.map(service => `${service.Namespace || 'default'}/${service.Name}`).sort()
  },
})

/** True when services of `consumer` may use the service; those of its own partition always may. */
export function isExportedTo(view: View, service: ServiceName, consumer: string): boolean {
  if (service.Partition === consumer) return true
  const exported = view.derive(exportsTo, { from: service.Partition, to: consumer })
  return exported.some(each => {
    const slash = each.indexOf('/')
    const namespace = each.slice(0, slash)
    const name = each.slice(slash + 1)
    return (namespace === '*' || namespace === service.Namespace) && (name === '*' || name === service.Name)
  })
}
