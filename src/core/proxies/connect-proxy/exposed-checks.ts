// The paths that the health checks of a service need exposed, so that an agent elsewhere on the host can ask for them.

import type { LocalCheck } from '../../model/local.ts'
import type { ServiceInstance } from '../../model/service.ts'
import { joinKey } from '../../model/tenancy.ts'
import type { View } from '../../store/view.ts'
import type { AddressRange, ExposedPath } from './exposed-path.ts'

const GRPC_PATH = '/grpc.health.v1.Health/Check'

/** One path for each HTTP or gRPC check that was given a port to be exposed on. */
export function exposedChecks(view: View, service: ServiceInstance): readonly ExposedPath[] {
  const id = service.Proxy.DestinationServiceID ?? ''
  const checks = view.list('localChecks', 'service', joinKey(service.Partition, service.Namespace, id))
  const from = askers(view.self.address)
  return checks.flatMap(check => {
    const path = check.ExposedPort === 0 ? undefined : pathOf(check)
    return path === undefined ? [] : [{ ...path, listenerPort: check.ExposedPort, from }]
  })
}

/** The host itself and the agent's advertised address. */
function askers(address: string): readonly AddressRange[] {
  const isIpv6 = address.includes(':')
  const loopback = isIpv6 ? { address: '::1', bits: 128 } : { address: '127.0.0.1', bits: 8 }
  return [loopback, { address, bits: isIpv6 ? 128 : 32 }]
}

function pathOf({ Definition }: LocalCheck): Omit<ExposedPath, 'listenerPort' | 'from'> | undefined {
  if (Definition.HTTP) return httpPath(Definition.HTTP)
  if (!Definition.GRPC) return undefined
  const port = Number(/:(\d+)(?:\/|$)/.exec(Definition.GRPC)?.[1])
  return Number.isInteger(port) ? { path: GRPC_PATH, localPort: port, protocol: 'http2' } : undefined
}

const HTTP_URL = /^(https?):\/\/(?:\[[^\]]*\]|[^/:?#]*)(?::(\d+))?([^?#]*)/i

function httpPath(url: string): Omit<ExposedPath, 'listenerPort' | 'from'> | undefined {
  const match = HTTP_URL.exec(url)
  if (match === null) return undefined
  const [, scheme = '', port, path] = match
  const defaultPort = scheme.toLowerCase() === 'https' ? 443 : 80
  return { path: path || '/', localPort: port === undefined ? defaultPort : Number(port), protocol: 'http' }
}
