// What an exported-services entry lets another partition use. What a consumer makes of that: `../queries/partition-exports.ts`.

import { DEFAULT_NAMESPACE, type Tenancy } from '../model/tenancy.ts'
import type { NewEntry } from './define-entry.ts'
import type { ExportedService, ExportedServices } from './exported-services.ts'

/** `<namespace>/<name>` of what is exported to a partition, where each part may be `*`; sorted. */
export type ExportPatterns = readonly string[]

/** The patterns of an entry for one consumer. */
export function exportPatterns(entry: NewEntry<ExportedServices> | undefined, consumer: string): ExportPatterns {
  const exported = (entry?.Services ?? []).filter(service => isFor(service, consumer))
  return exported.map(service => `${service.Namespace || DEFAULT_NAMESPACE}/${service.Name}`).sort()
}

/** True when some pattern means the service. */
export function isMeant(
  patterns: ExportPatterns,
  service: Pick<Tenancy, 'Namespace'> & { readonly Name: string },
): boolean {
  return patterns.some(each => {
    const slash = each.indexOf('/')
    const namespace = each.slice(0, slash)
    const name = each.slice(slash + 1)
    return (namespace === '*' || namespace === service.Namespace) && (name === '*' || name === service.Name)
  })
}

function isFor(service: ExportedService, partition: string): boolean {
  return service.Consumers.some(consumer => consumer.Partition === partition)
}
