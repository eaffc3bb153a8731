// The protocols a service may speak, as far as they decide what Envoy is told.

export type Protocol = 'tcp' | 'http' | 'http2' | 'grpc'

/** The protocol of that name; anything unknown is carried as tcp. */
export function protocolOf(name: string | undefined): Protocol {
  const lower = name?.toLowerCase()
  return lower === 'http' || lower === 'http2' || lower === 'grpc' ? lower : 'tcp'
}

/** True when Envoy looks at requests, not only at connections. */
export function isHttp(protocol: Protocol): protocol is 'http' | 'http2' | 'grpc' {
  return protocol !== 'tcp'
}

/** True when requests travel as HTTP/2. */
export function isHttp2(protocol: Protocol): boolean {
  return protocol === 'http2' || protocol === 'grpc'
}
