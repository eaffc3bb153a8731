// What the agent API asks of this agent's own services and checks.

import { type Status, worstStatus } from '../model/check.ts'
import { type LocalCheck, type LocalService, localServiceKey } from '../model/local.ts'
import type { ProxyConfig } from '../model/proxy-config.ts'
import { joinKey, type Tenancy } from '../model/tenancy.ts'
import { defineQuery } from '../store/view.ts'
import { mergedProxyConfig } from './service-config.ts'

export const localServices = defineQuery<undefined, readonly LocalService[]>({
  name: 'local-services',
  key: () => '',
  run: view => view.list('localServices', 'all', ''),
})

export const localChecks = defineQuery<undefined, readonly LocalCheck[]>({
  name: 'local-checks',
  key: () => '',
  run: view => view.list('localChecks', 'all', ''),
})

export interface LocalServiceArg extends Tenancy {
  readonly id: string
}

export interface MergedService {
  readonly row: LocalService
  /** The Proxy block with central configuration merged in. */
  readonly proxy: ProxyConfig
}

/** One service with its merged Proxy block; undefined when this agent does not have it. */
export const mergedLocalService = defineQuery<LocalServiceArg, MergedService | undefined>({
  name: 'merged-local-service',
  key: localKey,
  run(view, arg) {
    const row = view.get('localServices', localKey(arg))
    if (row === undefined) return undefined
    const { Instance } = row
    const proxy = Instance.Kind === '' ? Instance.Proxy : mergedProxyConfig(view, Instance)
    return { row, proxy }
  },
})

export interface ServiceHealth {
  readonly status: Status | 'maintenance'
  readonly row: LocalService
  readonly checks: readonly LocalCheck[]
}

/** Health of a local service: the worst of its and the node's checks; undefined when this agent does not have it. */
export const localServiceHealth = defineQuery<LocalServiceArg, ServiceHealth | undefined>({
  name: 'local-service-health',
  key: localKey,
  run(view, arg) {
    const row = view.get('localServices', localKey(arg))
    if (row === undefined) return undefined
    const own = view.list('localChecks', 'service', joinKey(arg.Partition, arg.Namespace, arg.id))
    const node = view.list('localChecks', 'service', joinKey(arg.Partition, arg.Namespace, ''))
    const checks = [...node, ...own]
    const isMaintained = checks.some(check => check.Type === 'maintenance')
    return { row, checks, status: isMaintained ? 'maintenance' : worstStatus(checks.map(check => check.Status)) }
  },
})

function localKey(arg: LocalServiceArg): string {
  return localServiceKey({ Partition: arg.Partition, Namespace: arg.Namespace, ID: arg.id })
}
