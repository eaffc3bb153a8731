// What the xDS server needs to know about proxies, and nothing about how it is known.

import type { ResourceSet } from '../../core/envoy/resource.ts'
import type { Fault } from '../../core/model/fault.ts'
import type { ProxyNode } from '../../core/xds/proxy-node.ts'

export interface ProxySource {
  /**
   * Starts following one proxy. `onChange` is called, synchronously and cheaply, whenever its resources may have changed; what they
   * are is then asked for with `current()`, at most once per change and possibly much later. A Fault thrown here ends the stream.
   */
  follow(node: ProxyNode, onChange: () => void): ProxyFollow
}

export interface ProxyFollow {
  /** Computes the resources as of now. A throw ends the stream; Envoy keeps what it has and comes back. */
  current(): ProxyState
  close(): void
}

export type ProxyState =
  /** Something essential is not known yet; nothing is sent. */
  | { readonly state: 'waiting'; readonly for: readonly string[] }
  /** No such proxy, or no longer. Ends the stream. */
  | { readonly state: 'gone'; readonly reason: string }
  | { readonly state: 'ready'; readonly resources: ResourceSet }

/** Whether the bearer of a token may have the configuration of a proxy; called often, so it must be cheap. */
export type Authorize = (token: string, node: ProxyNode) => Fault | undefined
