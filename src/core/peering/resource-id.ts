// How services are named between peers: by the bare name, or with partition and namespace where those are not the default ones.

import type { ServiceId } from '../entries/references.ts'
import { DEFAULT_NAMESPACE, DEFAULT_PARTITION } from '../model/tenancy.ts'

/** What is put behind a service's name to name its proxies, as its importers see them. */
export const PROXY_SUFFIX = '-sidecar-proxy'

export function resourceId({ Name, Namespace, Partition }: ServiceId): string {
  const isPlain = Namespace === DEFAULT_NAMESPACE && Partition === DEFAULT_PARTITION
  return isPlain ? Name : `${Partition}/${Namespace}/${Name}`
}

/** Name and namespace in an id; the exporter's partition means nothing here. Undefined when it is no id. */
export function parseResourceId(id: string): Pick<ServiceId, 'Name' | 'Namespace'> | undefined {
  const parts = id.split('/')
  const [Name = '', Namespace = DEFAULT_NAMESPACE] = parts.reverse()
  return parts.length > 3 || Name === '' || Namespace === '' ? undefined : { Name, Namespace }
}

/** The service of the proxies of a service. */
export function proxiesOf<T extends { readonly Name: string }>(service: T): T {
  return { ...service, Name: `${service.Name}${PROXY_SUFFIX}` }
}
