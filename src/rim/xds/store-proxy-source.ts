// Joins the xDS server to the store: follows a proxy's snapshot and builds its resources.

import { Fault } from '../../core/model/fault.ts'
import { instanceKey } from '../../core/model/service.ts'
import { ProxyBuild, proxySnapshot } from '../../core/proxies/follow.ts'
import type { Store } from '../../core/store/store.ts'
import type { ProxyNode } from '../../core/xds/proxy-node.ts'
import type { Logger } from '../logger.ts'
import type { ProxyFollow, ProxySource, ProxyState } from './proxy-source.ts'

/** Proxies of the catalog; one that names no node is registered with this agent. */
export function storeProxySource(store: Store, logger: Logger): ProxySource {
  return { follow: (node, onChange) => follow(store, logger, node, onChange) }
}

function follow(store: Store, logger: Logger, node: ProxyNode, onChange: () => void): ProxyFollow {
  const nodeName = node.nodeName ?? store.self.node
  const key = instanceKey({
    Partition: node.partition,
    PeerName: '',
    Node: nodeName,
    Namespace: node.namespace,
    ID: node.id,
  })
  if (!store.self.isServer && store.revision === 0) throw new Fault('unavailable', 'no server has been heard yet')
  if (store.get('services', key) === undefined) throw new Fault('not-found', notRegistered(store, node, nodeName))
  const watch = store.watch(proxySnapshot, key, onChange)
  const build = new ProxyBuild()
  let told = ''

  const current = (): ProxyState => {
    const state = watch.current().value
    switch (state.state) {
      case 'gone':
        return { state: 'gone', reason: `proxy "${node.id}" is no longer registered` }
      case 'unsupported':
        return {
          state: 'gone',
          reason: `service "${node.id}" of kind "${state.kind}" is not a proxy that can be configured`,
        }
      case 'waiting':
        return { state: 'waiting', for: state.for.map(want => `${want.kind} ${want.key.replaceAll('\u001f', '/')}`) }
      case 'ready': {
        const issues = state.issues.map(issue => `${issue.path}: ${issue.message}`).join('; ')
        if (issues !== told && issues !== '')
          logger.warn('part of a proxy configuration cannot be used', { proxy: node.id, issues })
        told = issues
        return { state: 'ready', resources: build.build(state) }
      }
    }
  }
  return { current, close: () => watch.close() }
}

function notRegistered(store: Store, node: ProxyNode, nodeName: string): string {
  const partition = { Partition: node.partition, PeerName: '' }
  const ids = store
    .list('services', 'all', [partition.Partition, partition.PeerName].join('\u001f'))
    .flatMap(service => {
      return service.Kind !== '' && service.Node === nodeName ? [service.ID] : []
    })
  const known = ids.length === 0 ? 'no proxy is registered there' : `registered there: ${ids.slice(0, 10).join(', ')}`
  return `no proxy with id "${node.id}" on node "${nodeName}"; ${known}`
}
