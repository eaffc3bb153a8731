// Proxies whose state a test sets by hand.

import type { ResourceSet } from '../../src/core/envoy/resource.ts'
import type { ProxyNode } from '../../src/core/xds/proxy-node.ts'
import type { ProxyFollow, ProxySource, ProxyState } from '../../src/rim/xds/proxy-source.ts'

export class FakeProxySource implements ProxySource {
  /** Nodes that are followed now, in the order in which they came. */
  readonly followed = new Map<() => void, ProxyNode>()
  /** How often a state was asked for. */
  builds = 0
  readonly #states = new Map<string, ProxyState | Error>()

  follow(node: ProxyNode, onChange: () => void): ProxyFollow {
    this.followed.set(onChange, node)
    return {
      current: () => {
        this.builds++
        const state = this.#states.get(node.id) ?? { state: 'gone', reason: `unknown service ID: ${node.id}` }
        if (state instanceof Error) throw state
        return state
      },
      close: () => this.followed.delete(onChange),
    }
  }

  /** Gives a proxy these resources, or another state, or makes asking for them fail. */
  set(id: string, state: ProxyState | Error): void {
    this.#states.set(id, state)
    for (const [onChange, node] of this.followed) if (node.id === id) onChange()
  }

  ready(id: string, resources: ResourceSet): void {
    this.set(id, { state: 'ready', resources })
  }
}
