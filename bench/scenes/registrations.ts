// The services of the benchmark, as bodies for the agent's and the catalog's registration endpoints.

/** A service with a sidecar and five upstreams, of which all share `api`. */
export function meshService(index: number, count: number, checks?: readonly object[]): object {
  const upstreams = ['api', ...[1, 2, 3, 4].map(step => serviceName((index + step) % count))]
  return {
    Name: serviceName(index),
    Port: 10_000 + index,
    Connect: {
      SidecarService: {
        Port: 20_000 + index,
        ...(checks === undefined ? {} : { Checks: checks }),
        Proxy: { Upstreams: upstreams.map((DestinationName, i) => ({ DestinationName, LocalBindPort: 5_000 + i })) },
      },
    },
  }
}

export function serviceName(index: number): string {
  return `service-${index}`
}

export function sidecarId(index: number): string {
  return `${serviceName(index)}-sidecar-proxy`
}

/** A check that is passing and stays so for as long as a benchmark lasts. */
export const STEADY: readonly object[] = [{ Name: 'steady', TTL: '24h', Status: 'passing' }]

/** An instance of a service on a node of its own, without an agent. */
export function catalogInstance(service: string, index: number, address: string): object {
  return {
    Node: `${service}-node-${index}`,
    Address: address,
    Service: {
      ID: `${service}-${index}`,
      Service: service,
      Port: 8080,
      Tags: ['bench'],
      Meta: { index: String(index) },
    },
    // Without serfHealth: a consul removes nodes that claim an agent it has never met.
    Checks: [{ CheckID: `${service}-${index}-up`, Name: 'up', Status: 'passing', ServiceID: `${service}-${index}` }],
  }
}

/** The sidecar of such an instance. */
export function catalogSidecar(service: string, index: number, address: string, node?: string): object {
  return {
    Node: node ?? `${service}-node-${index}`,
    Address: address,
    Service: {
      Kind: 'connect-proxy',
      ID: catalogSidecarId(service, index),
      Service: `${service}-sidecar-proxy`,
      Address: address,
      Port: 21_000,
      Proxy: {
        DestinationServiceName: service,
        DestinationServiceID: `${service}-${index}`,
        LocalServiceAddress: '127.0.0.1',
        LocalServicePort: 8080,
      },
    },
  }
}

export function catalogSidecarId(service: string, index: number): string {
  return `${service}-${index}-sidecar-proxy`
}

/** A private address for each index below 65,536. */
export function addressOf(index: number, block = 20): string {
  return `10.${block}.${index >> 8}.${index & 255}`
}

/** The whole numbers from 0. */
export function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => i)
}
