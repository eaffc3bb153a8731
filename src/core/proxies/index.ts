// The registry of proxy kinds. A new kind is one folder, one import and one line in the list.

import type { ServiceKind } from '../model/service.ts'
import { connectProxy } from './connect-proxy/index.ts'
import type { ProxyDefinition } from './define-proxy.ts'
import { meshGateway } from './mesh-gateway/index.ts'

export const PROXY_KINDS = [connectProxy, meshGateway] as const

const BY_KIND: ReadonlyMap<ServiceKind, ProxyDefinition<unknown>> = new Map(
  // A snapshot only ever goes back to the definition that made it.
  PROXY_KINDS.map(definition => [definition.kind, definition as unknown as ProxyDefinition<unknown>]),
)

/** The definition of a kind; undefined for plain services and for kinds that have none. */
export function proxyKind(kind: ServiceKind): ProxyDefinition<unknown> | undefined {
  return BY_KIND.get(kind)
}
