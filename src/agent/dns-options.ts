// The settings of DNS, read from configuration files.

import { isIP } from 'node:net'
import type { DnsOptions } from '../core/dns/options.ts'
import { Fault } from '../core/model/fault.ts'
import { parseDuration } from '../lib/duration.ts'
import type { Recursor } from '../rim/dns/recursors.ts'
import type { FileConfig } from './options.ts'

/** Every setting with its default. */
export function dnsOptionsOf({ domain, alt_domain, dns_config: config = {} }: FileConfig): DnsOptions {
  const { soa = {}, service_ttl: ttls = {} } = config
  return {
    domains: [domain || 'consul', ...(alt_domain ? [alt_domain] : [])].map(text => text.replace(/^\.+|\.+$/g, '')),
    nodeTtl: seconds(config.node_ttl),
    serviceTtl: Object.fromEntries(Object.entries(ttls).map(([name, ttl]) => [name, seconds(ttl)])),
    onlyPassing: config.only_passing ?? false,
    addressLimit: config.a_record_limit ?? 0,
    udpAnswerLimit: config.udp_answer_limit || 3,
    truncates: config.enable_truncate ?? false,
    sendsNodeMeta: config.enable_additional_node_meta_txt ?? true,
    soa: {
      refresh: soa.refresh ?? 3600,
      retry: soa.retry ?? 600,
      expire: soa.expire ?? 86_400,
      minimum: soa.min_ttl ?? 0,
    },
  }
}

/** `1.1.1.1`, `1.1.1.1:53` or `[::1]:53`. Throws Fault('invalid') for anything else. */
export function recursorOf(text: string): Recursor {
  const [, inBrackets, plain, port = '53'] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? []
  const host = isIP(text) === 6 ? text : (inBrackets ?? plain ?? '')
  if (isIP(host) === 0 || Number(port) > 65_535) {
    throw new Fault('invalid', `recursors: invalid value "${text}"; allowed are IP addresses, with or without :port`)
  }
  return { host, port: Number(port) }
}

function seconds(duration: string | undefined): number {
  return Math.floor((duration === undefined ? 0 : (parseDuration(duration) ?? 0)) / 1000)
}
