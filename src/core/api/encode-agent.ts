// The JSON of what an agent itself runs.

import { toCatalogCheck } from '../local/catalog-sync.ts'
import type { LocalCheck, LocalService } from '../model/local.ts'
import type { ProxyConfig } from '../model/proxy-config.ts'
import { DEFAULT_NAMESPACE, DEFAULT_PARTITION, type Tenancy } from '../model/tenancy.ts'
import { encodeCheck } from './encode-check.ts'
import { nullIfEmpty } from './encode-node.ts'
import { encodeAgentProxy } from './encode-proxy.ts'

/** A service as `/v1/agent/services` lists it; `proxy` is its Proxy block as it is to be shown. */
export function encodeAgentService(row: LocalService, datacenter: string, proxy: ProxyConfig) {
  const service = row.Instance
  return {
    Kind: service.Kind === '' ? undefined : service.Kind,
    ID: service.ID,
    Service: service.Service,
    Tags: service.Tags,
    Meta: service.Meta,
    Port: service.Port,
    Address: service.Address,
    SocketPath: service.SocketPath === '' ? undefined : service.SocketPath,
    TaggedAddresses: nullIfEmpty(service.TaggedAddresses) ?? undefined,
    Weights: service.Weights,
    EnableTagOverride: service.EnableTagOverride,
    Proxy: service.Kind === '' ? undefined : encodeAgentProxy(proxy),
    Connect: service.Connect.Native ? { Native: true } : undefined,
    Datacenter: datacenter,
    ...(isDefault(service) ? undefined : { Namespace: service.Namespace, Partition: service.Partition }),
  }
}

/** Tenancy is left out where there is nothing but the defaults, as by agents that know no other. */
function isDefault({ Partition, Namespace }: Tenancy): boolean {
  return Partition === DEFAULT_PARTITION && Namespace === DEFAULT_NAMESPACE
}

/** A check as `/v1/agent/checks` lists it. */
export function encodeAgentCheck(check: LocalCheck, node: string) {
  const { CreateIndex, ModifyIndex } = check
  return encodeCheck({ ...toCatalogCheck(check, { Node: node }), CreateIndex, ModifyIndex }, !isDefault(check))
}
