// A service's discovery chain as a peer's proxies meet it at our gateways: who may answer, in what protocol, and whether anybody
// can. Only targets of this datacenter and partition count: what is reached from a peer is never handed on to yet another place.

import type { ChainTarget, CompiledChain } from '../chain/chain.ts'
import { serviceProtocol } from '../chain/protocol.ts'
import type { ServiceId } from '../entries/references.ts'
import { spiffeUri } from '../model/spiffe.ts'
import { serviceKey } from '../model/tenancy.ts'
import { endpointHealth } from '../queries/instance-health.ts'
import { connectInstances } from '../queries/instances.ts'
import { trustDomain } from '../queries/mesh-roots.ts'
import { subsetInstances } from '../queries/subset-instances.ts'
import { entriesOf, upstreamChain } from '../queries/upstream-chain.ts'
import { defineQuery, type View } from '../store/view.ts'

export interface ExportedChain {
  readonly protocol: string
  /** The service itself, the mesh gateways, and in tcp whoever else the chain may lead to. */
  readonly spiffeIds: readonly string[]
  /** Some target has an instance that takes traffic. */
  readonly usable: boolean
}

/** The chain; undefined for a service that neither has proxies nor is given a meaning by a chain. */
export const exportedChain = defineQuery<ServiceId, ExportedChain | undefined>({
  name: 'exported-chain',
  key: service => serviceKey({ ...service, Peer: '' }),
  run(view, service) {
    if (!isInMesh(view, service)) return undefined
    const { datacenter } = view.self
    const { Name, Namespace: namespace, Partition: partition } = service
    const compiled = view.derive(upstreamChain, { service: Name, namespace, partition, datacenter, overrides: {} })
    const targets = compiled.ok ? localTargets(compiled.chain, service, datacenter) : []
    const protocol = compiled.ok
      ? compiled.chain.Protocol
      : serviceProtocol(entriesOf(view, service.Partition), service)
    return {
      protocol,
      spiffeIds: spiffeIds(view, service, protocol === 'tcp' ? targets : []),
      usable: compiled.ok ? targets.some(target => isUsable(view, target)) : hasUsable(view, service),
    }
  },
})

function isInMesh(view: View, service: ServiceId): boolean {
  if (view.derive(connectInstances, { ...service, Peer: '' }).length > 0) return true
  const entries = entriesOf(view, service.Partition)
  return [entries.router, entries.splitter, entries.resolver].some(entry => entry(service) !== undefined)
}

function localTargets(chain: CompiledChain, { Partition }: ServiceId, datacenter: string): readonly ChainTarget[] {
  return Object.values(chain.Targets)
    .filter(target => !target.Peer && target.Datacenter === datacenter && target.Partition === Partition)
    .sort((a, b) => (a.ID < b.ID ? -1 : 1))
}

function spiffeIds(view: View, service: ServiceId, targets: readonly ChainTarget[]): readonly string[] {
  const domain = view.derive(trustDomain, undefined)
  const { datacenter } = view.self
  const { Name, Namespace: namespace, Partition: partition } = service
  const idOf = (name: string, ns: string) =>
    spiffeUri({ kind: 'service', trustDomain: domain, partition, namespace: ns, datacenter, service: name })
  const gateway = spiffeUri({ kind: 'mesh-gateway', trustDomain: domain, partition, datacenter })
  const others = targets.map(target => idOf(target.Service, target.Namespace))
  return [...new Set([idOf(Name, namespace), gateway, ...others])]
}

function isUsable(view: View, target: ChainTarget): boolean {
  const { Service: Name, Namespace, Partition, Subset } = target
  const instances = view.derive(connectInstances, { Name, Namespace, Partition, Peer: '' })
  const chosen = subsetInstances(instances, Subset.Filter ?? '')
  return chosen.some(instance => endpointHealth(instance, Subset.OnlyPassing ?? false).healthy)
}

function hasUsable(view: View, service: ServiceId): boolean {
  return view
    .derive(connectInstances, { ...service, Peer: '' })
    .some(instance => endpointHealth(instance, false).healthy)
}
