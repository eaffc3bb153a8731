// What of DNS can be set.

export interface DnsOptions {
  /** Domains without dots around; names in answers are of the first. */
  readonly domains: readonly string[]
  /** Seconds. */
  readonly nodeTtl: number
  /** Seconds by service name, by `prefix*`, or by `*`. */
  readonly serviceTtl: Readonly<Record<string, number>>
  readonly onlyPassing: boolean
  /** Addresses in one answer; 0 is no limit. */
  readonly addressLimit: number
  /** Records in an answer over UDP to a client that announces no larger buffer. */
  readonly udpAnswerLimit: number
  /** Says in the answer that it is not whole, so that clients ask again over TCP. */
  readonly truncates: boolean
  /** Sends what is noted of a node with its address and with SRV records. */
  readonly sendsNodeMeta: boolean
  readonly soa: { readonly refresh: number; readonly retry: number; readonly expire: number; readonly minimum: number }
}

/** The time to live of a service's records: the exact name wins, then the longest prefix. */
export function serviceTtl(name: string, ttls: DnsOptions['serviceTtl']): number {
  if (Object.hasOwn(ttls, name)) return ttls[name] ?? 0
  const prefixes = Object.keys(ttls).filter(key => key.endsWith('*') && name.startsWith(key.slice(0, -1)))
  const [longest] = prefixes.sort((a, b) => b.length - a.length)
  return longest === undefined ? 0 : (ttls[longest] ?? 0)
}
