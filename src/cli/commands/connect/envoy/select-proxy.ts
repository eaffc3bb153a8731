// Which proxy the flags of `connect envoy` ask for. Looking it up is find-proxy.ts.

import { Fault } from '../../../../core/model/fault.ts'
import type { EnvoyFlagValues } from './bootstrap-params.ts'
import type { Gateway } from './envoy-flags.ts'

/** A proxy by its ID, the one sidecar of a service, or the one gateway of a kind, registered first or not. */
export type ProxySelection =
  | { readonly by: 'id'; readonly id: string }
  | { readonly by: 'sidecar'; readonly serviceId: string }
  | { readonly by: 'gateway'; readonly gateway: Gateway }
  | { readonly by: 'registration'; readonly gateway: Gateway }

type Env = Readonly<Record<string, string | undefined>>

/** Reads the selection; flags win over CONNECT_PROXY_ID and CONNECT_SIDECAR_FOR. Throws Fault('invalid') for a mixture. */
export function selectProxy(flags: EnvoyFlagValues, env: Env): ProxySelection {
  const gateway = gatewayOf(flags)
  const id = flags['proxy-id']
  const serviceId = flags['sidecar-for']
  const mistake = mistakeIn(flags, gateway)
  if (mistake !== undefined) throw new Fault('invalid', mistake)

  if (gateway !== undefined && flags.register) return { by: 'registration', gateway }
  if (id !== '') return { by: 'id', id }
  if (gateway !== undefined) return { by: 'gateway', gateway }
  if (serviceId !== '') return { by: 'sidecar', serviceId }
  if (env.CONNECT_PROXY_ID) return { by: 'id', id: env.CONNECT_PROXY_ID }
  if (env.CONNECT_SIDECAR_FOR) return { by: 'sidecar', serviceId: env.CONNECT_SIDECAR_FOR }
  throw new Fault('invalid', 'no proxy named; give -sidecar-for, -proxy-id or -gateway')
}

/** The flags that say how to register a gateway and were given without -register, which makes them void. */
export function voidFlags(given: ReadonlySet<string>): readonly string[] {
  if (given.has('register')) return []
  return ['service', 'address', 'wan-address', 'bind-address', 'expose-servers'].filter(name => given.has(name))
}

function gatewayOf(flags: EnvoyFlagValues): Gateway | undefined {
  if (flags.gateway !== '') return flags.gateway
  return flags['mesh-gateway'] ? 'mesh' : undefined
}

function mistakeIn(flags: EnvoyFlagValues, gateway: Gateway | undefined): string | undefined {
  if (flags['mesh-gateway'] && gateway !== 'mesh') return `-mesh-gateway and -gateway=${gateway} exclude one another`
  if (gateway === undefined && flags.register) return '-register is for gateways; say which kind with -gateway'
  if (gateway !== 'mesh' && flags['expose-servers']) return '-expose-servers is for mesh gateways'
  if (flags['sidecar-for'] !== '' && gateway !== undefined) return '-sidecar-for and -gateway exclude one another'
  if (flags['sidecar-for'] !== '' && flags['proxy-id'] !== '') return '-sidecar-for and -proxy-id exclude one another'
  if (flags['node-name'] === '') return undefined
  if (flags.register) return '-node-name and -register exclude one another'
  return flags['proxy-id'] === '' ? '-node-name needs -proxy-id' : undefined
}
