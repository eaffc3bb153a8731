// The discovery-chain compiler, first step and last: assemble -> route -> split -> resolve -> flatten -> customize.

import type { EnvoyExtension } from '../entries/envoy-extensions.ts'
import { Assembly, type ChainRequest } from './assembly.ts'
import type { ChainNode, CompiledChain } from './chain.ts'
import { customize } from './customize.ts'
import type { Entries } from './entries.ts'
import { reachable } from './flatten.ts'
import { isHttpLike } from './protocol.ts'
import { route } from './route.ts'

export type CompileResult =
  | { readonly ok: true; readonly chain: CompiledChain }
  /** The entries contradict each other; `message` is Consul's where Consul has one. */
  | { readonly ok: false; readonly message: string }

/** Compiles the chain of a service as seen from one datacenter, namespace and partition. */
export function compileChain(request: ChainRequest, entries: Entries): CompileResult {
  const assembly = new Assembly(request, entries)
  const start = route(assembly)
  if (assembly.usesRouting && !isHttpLike(assembly.protocol)) {
    assembly.fail(
      `discovery chain "${request.service}" uses a protocol "${assembly.protocol}" ` +
        'that does not permit advanced routing or splitting behavior',
    )
  }
  if (assembly.problem !== undefined) return { ok: false, message: assembly.problem }
  if (start === undefined) throw new Error(`chain of ${request.service} has no start and no problem`)
  return { ok: true, chain: finish(assembly, start) }
}

function finish(assembly: Assembly, start: string): CompiledChain {
  const { request, entries } = assembly
  const kept = reachable(start, assembly.nodes, assembly.targets)
  const custom = customize({ ...kept, protocol: assembly.protocol }, request.overrides ?? {})
  const meta = entries.serviceDefaults(assembly.service)?.Meta
  const extensions = extensionsOf(assembly)
  return {
    ServiceName: request.service,
    Namespace: request.namespace,
    Partition: request.partition,
    Datacenter: request.datacenter,
    ...(custom.hash === '' ? {} : { CustomizationHash: custom.hash }),
    ...(isDefaultChain(assembly, custom.nodes[start]) ? { Default: true } : {}),
    Protocol: custom.protocol,
    ...(meta ? { ServiceMeta: meta } : {}),
    ...(extensions.length > 0 ? { EnvoyExtensions: extensions } : {}),
    StartNode: start,
    Nodes: custom.nodes,
    Targets: custom.targets,
    AutoVirtualIPs: request.virtualIps?.auto ?? [],
    ManualVirtualIPs: request.virtualIps?.manual ?? [],
  }
}

/** True when the chain starts at a resolver nothing was said about, and stays with the service. */
function isDefaultChain(assembly: Assembly, start: ChainNode | undefined): boolean {
  if (start?.Type !== 'resolver' || !start.Resolver.Default) return false
  const target = assembly.targets.get(start.Resolver.Target)
  const { service, namespace, partition } = assembly.request
  return target?.Service === service && target.Namespace === namespace && target.Partition === partition && !target.Peer
}

function extensionsOf(assembly: Assembly): readonly EnvoyExtension[] {
  const everywhere = assembly.entries.proxyDefaults(assembly.request.partition)?.EnvoyExtensions ?? []
  return [...everywhere, ...(assembly.entries.serviceDefaults(assembly.service)?.EnvoyExtensions ?? [])]
}
