import { describe, expect, test } from 'vitest'
import type { BootstrapInput } from './bootstrap-input.ts'
import { readProxySettings } from './proxy-settings.ts'
import { statsConfig } from './stats-config.ts'

const TRUST_DOMAIN = '1b2c.consul'

function tagsFor(options: Partial<BootstrapInput> = {}) {
  const { settings } = readProxySettings(options.config ?? {}, {})
  const input = { cluster: 'web', sourceService: 'web', namespace: 'default', partition: 'default', datacenter: 'dc1' }
  const { stats_tags } = statsConfig({ ...input, ...options } as BootstrapInput, settings)
  return stats_tags as { tag_name: string; regex?: string; fixed_value?: string }[]
}

/** The tags Envoy extracts from a statistic: every pattern's second group, where it matches. */
function extract(statistic: string): Record<string, string> {
  const found: Record<string, string> = {}
  for (const { tag_name, regex } of tagsFor()) {
    const value = regex === undefined ? undefined : new RegExp(regex).exec(statistic)?.[2]
    if (value !== undefined) found[tag_name.replace(/^consul\./, '')] = value
  }
  return found
}

describe('statsConfig', () => {
  test('has the documented patterns to the letter', () => {
    const regex = (name: string) => tagsFor().find(tag => tag.tag_name === name)?.regex
    expect(regex('consul.destination.service')).toBe(
      '^cluster\\.(?:passthrough~)?((?:[^.]+~)?(?:[^.]+\\.)?([^.]+)\\.[^.]+\\.(?:[^.]+\\.)?[^.]+\\.[^.]+\\.[^.]+\\.consul\\.)',
    )
    expect(regex('consul.upstream.service')).toBe(
      '^(?:tcp|http)\\.upstream(?:_peered)?\\.(([^.]+)(?:\\.[^.]+)?(?:\\.[^.]+)?\\.[^.]+\\.)',
    )
    expect(regex('consul.service')).toBe(
      '^cluster\\.((?:[^.]+~)?(?:[^.]+\\.)?([^.]+)\\.[^.]+\\.(?:[^.]+\\.)?[^.]+\\.[^.]+\\.[^.]+\\.consul\\.)',
    )
  })

  test('labels a cluster of the default partition', () => {
    expect(extract(`cluster.api.default.dc2.internal.${TRUST_DOMAIN}.upstream_cx_total`)).toMatchObject({
      'destination.service': 'api',
      'destination.namespace': 'default',
      'destination.datacenter': 'dc2',
      'destination.routing_type': 'internal',
      'destination.trust_domain': '1b2c',
      'destination.target': 'api.default.dc2',
      'destination.full_target': 'api.default.dc2.internal.1b2c',
      service: 'api',
      datacenter: 'dc2',
    })
  })

  test('labels hash, subset and partition', () => {
    const statistic = `cluster.passthrough~f00ba4~v2.api.ns1.p1.dc2.internal-v1.${TRUST_DOMAIN}.upstream_cx_total`
    expect(extract(statistic)).toMatchObject({
      'destination.custom_hash': 'f00ba4',
      'destination.service_subset': 'v2',
      'destination.service': 'api',
      'destination.namespace': 'ns1',
      'destination.partition': 'p1',
      'destination.datacenter': 'dc2',
      'destination.target': 'f00ba4~v2.api.ns1.p1.dc2',
    })
  })

  test('labels a cluster of a peer', () => {
    const tags = extract(`cluster.api.default.east.external.${TRUST_DOMAIN}.upstream_cx_total`)
    expect(tags).toMatchObject({ 'destination.peer': 'east', 'destination.routing_type': 'external' })
    expect(tags).not.toHaveProperty('destination.datacenter')
  })

  test('labels upstream listeners', () => {
    expect(extract('tcp.upstream.api.default.default.dc1.downstream_cx_total')).toEqual({
      'upstream.service': 'api',
      'upstream.namespace': 'default',
      'upstream.partition': 'default',
      'upstream.datacenter': 'dc1',
    })
    expect(extract('http.upstream_peered.api.default.east.downstream_rq_total')).toMatchObject({
      'upstream.service': 'api',
      'upstream.peer': 'east',
    })
  })

  test('orders destination, upstream, deprecated and fixed tags', () => {
    const names = tagsFor().map(tag => tag.tag_name)
    expect(names).toEqual([
      ...['custom_hash', 'service_subset', 'service', 'namespace', 'partition', 'datacenter', 'peer']
        .concat(['routing_type', 'trust_domain', 'target', 'full_target'])
        .map(name => `consul.destination.${name}`),
      ...['service', 'datacenter', 'peer', 'namespace', 'partition'].map(name => `consul.upstream.${name}`),
      ...['custom_hash', 'service_subset', 'service', 'namespace', 'datacenter', 'routing_type', 'trust_domain']
        .concat(['target', 'full_target'])
        .map(name => `consul.${name}`),
      'local_cluster',
      ...['service', 'namespace', 'partition', 'datacenter'].map(name => `consul.source.${name}`),
    ])
    expect(tagsFor({ omitDeprecatedTags: true })).toHaveLength(names.length - 9)
  })

  test("puts the operator's tags first and lets them replace fixed ones", () => {
    const tags = tagsFor({ config: { envoy_stats_tags: ['Env=prod', 'canary', 'consul.source.service=other'] } })
    expect(tags.slice(0, 3)).toEqual([
      { tag_name: 'env', fixed_value: 'prod' },
      { tag_name: 'canary', fixed_value: '1' },
      { tag_name: 'consul.source.service', fixed_value: 'other' },
    ])
    expect(tags.filter(tag => tag.tag_name === 'consul.source.service')).toHaveLength(1)
  })
})
