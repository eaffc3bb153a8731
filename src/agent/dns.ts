// Where the agent serves DNS.

import type { ResolverDeps } from '../rim/dns/resolver.ts'
import type { Logger } from '../rim/logger.ts'
import { recursorOf } from './dns-options.ts'
import { hostsOf, named } from './listen.ts'
import type { Settings } from './settings.ts'

export interface DnsListener {
  /** -1 where nothing is served. */
  readonly port: number
  close(): Promise<void>
}

const NOWHERE: DnsListener = { port: -1, close: async () => {} }

/** Serves DNS unless it is off. Several agents of one machine may find the port taken: that is a failure only to who has chosen it. */
export async function listenDns(settings: Settings, logger: Logger, api: ResolverDeps['api']): Promise<DnsListener> {
  const { self, ports, dns: options, file } = settings
  if (ports.dns < 0) return NOWHERE
  // Nobody needs it before the agent answers HTTP.
  const [{ Resolver }, { startDnsServer }] = await Promise.all([
    import('../rim/dns/resolver.ts'),
    import('../rim/dns/server.ts'),
  ])
  const resolver = new Resolver({ options, self, api, now: Date.now, random: Math.random })
  const recursors = (file.recursors ?? []).map(recursorOf)
  const hosts = hostsOf(settings, 'dns')
  try {
    return await named('ports.dns', ports.dns, () =>
      startDnsServer({ resolver, options, recursors, hosts, port: ports.dns }),
    )
  } catch (error) {
    if (file.ports?.dns !== undefined) throw error
    logger.warn('no DNS is served; ports.dns names another port, or turns it off with -1', { error })
    return NOWHERE
  }
}
