// The Proxy block of an instance with central configuration merged in: what Envoy is built from and what the agent API shows.

import type { ProxyConfig } from '../model/proxy-config.ts'
import type { ServiceInstance } from '../model/service.ts'
import { defineQuery, type State } from '../store/view.ts'
import { configEntry, proxyDefaultsOf } from './config-entry.ts'
import { mergeProxyConfig } from './merge-proxy-config.ts'

/** The merged block of a catalog instance by its table key; undefined when there is no such instance. */
export const serviceConfig = defineQuery<string, ProxyConfig | undefined>({
  name: 'service-config',
  key: instanceKey => instanceKey,
  run(view, instanceKey) {
    const service = view.get('services', instanceKey)
    return service === undefined ? undefined : mergedProxyConfig(view, service)
  },
})

type Proxied = Pick<ServiceInstance, 'Kind' | 'Service' | 'Partition' | 'Namespace' | 'Proxy'>

/** The merged block of any instance, such as one that is registered with the agent but not in the catalog yet. */
export function mergedProxyConfig(state: State, service: Proxied): ProxyConfig {
  return mergeProxyConfig(service.Proxy, service, {
    proxyDefaults: proxyDefaultsOf(state, service.Partition),
    serviceDefaults: configEntry(state, 'service-defaults', configuredName(service), service),
  })
}

/** The service whose defaults apply: the one a sidecar stands in front of, or the gateway's own. */
export function configuredName(service: Pick<ServiceInstance, 'Kind' | 'Service' | 'Proxy'>): string {
  return service.Kind === 'connect-proxy' ? (service.Proxy.DestinationServiceName ?? '') : service.Service
}
