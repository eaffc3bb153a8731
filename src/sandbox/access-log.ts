// What Envoys write about connections when the mesh is told to log them, and how those lines become one path: the local
// address of a proxy's connection to the next is the remote address the next one sees.

/** One connection through one proxy. Addresses are `address:port`; empty text means that Envoy had nothing to say. */
export interface LoggedConnection {
  /** Who connected to the proxy. */
  readonly from: string
  /** Where the proxy took the connection. */
  readonly at: string
  /** The server name in the caller's TLS handshake. */
  readonly sni: string
  /** The proxy's end of its own connection to the next. */
  readonly via: string
  /** Whom the proxy connected to. */
  readonly to: string
  readonly cluster: string
  /** SPIFFE identity that the caller presented, when the proxy ended its TLS. */
  readonly caller: string
  /** SPIFFE identity that the next one presented, when the proxy began TLS. */
  readonly answerer: string
  /** Envoy's flags for what went wrong. */
  readonly flags: string
}

/** A proxy on the path and the connection it carried. */
export interface Hop {
  readonly proxy: string
  readonly connection: LoggedConnection
  /** The server name that goes to the next: a gateway passes on what it got, a proxy that ends TLS has its own or none. */
  readonly sni: string
}

const FORMAT: Readonly<Record<keyof LoggedConnection, string>> = {
  from: '%DOWNSTREAM_REMOTE_ADDRESS%',
  at: '%DOWNSTREAM_LOCAL_ADDRESS%',
  sni: '%REQUESTED_SERVER_NAME%',
  via: '%UPSTREAM_LOCAL_ADDRESS%',
  to: '%UPSTREAM_HOST%',
  cluster: '%UPSTREAM_CLUSTER%',
  caller: '%DOWNSTREAM_PEER_URI_SAN%',
  answerer: '%UPSTREAM_PEER_URI_SAN%',
  flags: '%RESPONSE_FLAGS%',
}

/** The `AccessLogs` of a proxy-defaults entry that makes every proxy log its connections on standard output. */
export const accessLogs = { Enabled: true, JSONFormat: JSON.stringify(FORMAT) }

/** The connections among the lines of a proxy. */
export function loggedConnections(lines: readonly string[]): readonly LoggedConnection[] {
  return lines.filter(line => line.startsWith('{') && line.includes('"via"')).flatMap(connectionOf)
}

/** Follows one connection from the caller's end through the proxies, as far as their logs tell. */
export function followConnection(from: string, proxies: ReadonlyMap<string, readonly string[]>): readonly Hop[] {
  const hops: Hop[] = []
  const unseen = new Map([...proxies].map(([proxy, lines]) => [proxy, loggedConnections(lines)]))
  for (let end = from; ; ) {
    const next = [...unseen].flatMap(([proxy, connections]) => {
      // An end that was used before, by a look at a proxy's admin page perhaps, may come again.
      const connection = connections.findLast(each => each.from === end)
      return connection === undefined ? [] : [{ proxy, connection }]
    })[0]
    if (next === undefined) return hops
    hops.push({ ...next, sni: next.connection.sni })
    unseen.delete(next.proxy)
    end = next.connection.via
  }
}

function connectionOf(line: string): LoggedConnection[] {
  const parsed: unknown = parse(line)
  if (typeof parsed !== 'object' || parsed === null) return []
  const fields: Record<string, unknown> = { ...parsed }
  const text = (name: keyof LoggedConnection) =>
    typeof fields[name] === 'string' && fields[name] !== '-' ? fields[name] : ''
  return [
    {
      from: text('from'),
      at: text('at'),
      sni: text('sni'),
      via: text('via'),
      to: text('to'),
      cluster: text('cluster'),
      caller: text('caller'),
      answerer: text('answerer'),
      flags: text('flags'),
    },
  ]
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
