// Tags that turn the names in Envoy's statistics into labels: which service, datacenter or peer a figure is about.
// Dashboards made for Consul match these names and values, so they are the same to the letter.

import type { JsonObject } from '../../lib/json-value.ts'
import type { BootstrapInput } from './bootstrap-input.ts'
import type { ProxySettings } from './proxy-settings.ts'

/** The `stats_config` of a bootstrap: the operator's own whole, or the tags. */
export function statsConfig(input: BootstrapInput, settings: ProxySettings): JsonObject {
  if (settings.statsConfig) return settings.statsConfig
  const own = settings.statsTags.map(ownTag)
  const taken = new Set(own.map(tag => tag.tag_name))
  return {
    stats_tags: [
      ...own,
      ...DESTINATION_TAGS,
      ...UPSTREAM_TAGS,
      ...(input.omitDeprecatedTags ? [] : DEPRECATED_TAGS),
      ...sourceTags(input).filter(tag => !taken.has(tag.tag_name)),
    ],
    use_all_default_tags: true,
  }
}

interface FixedTag extends JsonObject {
  readonly tag_name: string
  readonly fixed_value: string
}

interface PatternTag extends JsonObject {
  readonly regex: string
  readonly tag_name: string
}

/**
 * A service's cluster is named
 * `[<hash>~][<subset>.]<service>.<namespace>.[<partition>.]<datacenter>.<routing type>.<trust domain>.consul.`; each part
 * is a pattern that captures nothing, and one that captures the part's value.
 */
const PARTS = {
  custom_hash: ['(?:[^.]+~)?', '(?:([^.]+)~)?'],
  service_subset: ['(?:[^.]+\\.)?', '(?:([^.]+)\\.)?'],
  service: ['[^.]+', '([^.]+)'],
  namespace: ['[^.]+', '([^.]+)'],
  partition: ['(?:[^.]+\\.)?', '(?:([^.]+)\\.)?'],
  datacenter: ['[^.]+', '([^.]+)'],
  routing_type: ['[^.]+', '([^.]+)'],
  trust_domain: ['[^.]+', '([^.]+)'],
} as const

type Part = keyof typeof PARTS

/** `captured` is the part to capture; `internal` demands the routing type of traffic inside the federation. */
function clusterPattern(prefix: string, captured: Part, internal = false): string {
  const part = (name: Part) => PARTS[name][name === captured ? 1 : 0]
  const routing = internal ? 'internal[^.]*' : part('routing_type')
  const service = `${part('custom_hash')}${part('service_subset')}${part('service')}\\.${part('namespace')}\\.`
  const place = `${part('partition')}${part('datacenter')}\\.${routing}\\.${part('trust_domain')}`
  return `${prefix}(${service}${place}\\.consul\\.)`
}

/** `target` captures everything up to the datacenter, `full_target` everything up to the trust domain. */
function targetPatterns(prefix: string): { readonly target: string; readonly full_target: string } {
  const [hash, subset, partition] = [PARTS.custom_hash[0], PARTS.service_subset[0], PARTS.partition[0]]
  const target = `${hash}${subset}[^.]+\\.[^.]+\\.${partition}[^.]+`
  return {
    target: `${prefix}((${target})\\.[^.]+\\.[^.]+\\.consul\\.)`,
    full_target: `${prefix}((${target}\\.[^.]+\\.[^.]+)\\.consul\\.)`,
  }
}

function pattern(name: string, regex: string): PatternTag {
  return { regex, tag_name: `consul.${name}` }
}

const DESTINATION_TAGS: readonly PatternTag[] = destinationTags()

function destinationTags(): readonly PatternTag[] {
  const prefix = '^cluster\\.(?:passthrough~)?'
  const of = (part: Part, internal = false) => pattern(`destination.${part}`, clusterPattern(prefix, part, internal))
  const { target, full_target } = targetPatterns(prefix)
  return [
    of('custom_hash'),
    of('service_subset'),
    of('service'),
    of('namespace'),
    of('partition', true),
    of('datacenter', true),
    pattern('destination.peer', '^cluster\\.([^.]+\\.(?:[^.]+\\.)?([^.]+)\\.external\\.[^.]+\\.consul\\.)'),
    of('routing_type'),
    of('trust_domain'),
    pattern('destination.target', target),
    pattern('destination.full_target', full_target),
  ]
}

/** Upstream listeners are named `<service>[.<namespace>[.<partition>]].<datacenter>`, peered ones end in the peer. */
const UPSTREAM_TAGS: readonly PatternTag[] = [
  pattern('upstream.service', '^(?:tcp|http)\\.upstream(?:_peered)?\\.(([^.]+)(?:\\.[^.]+)?(?:\\.[^.]+)?\\.[^.]+\\.)'),
  pattern('upstream.datacenter', '^(?:tcp|http)\\.upstream\\.([^.]+(?:\\.[^.]+)?(?:\\.[^.]+)?\\.([^.]+)\\.)'),
  pattern('upstream.peer', '^(?:tcp|http)\\.upstream_peered\\.([^.]+(?:\\.[^.]+)?\\.([^.]+)\\.)'),
  pattern(
    'upstream.namespace',
    '^(?:tcp|http)\\.upstream(?:_peered)?\\.([^.]+(?:\\.([^.]+))?(?:\\.[^.]+)?\\.[^.]+\\.)',
  ),
  pattern('upstream.partition', '^(?:tcp|http)\\.upstream\\.([^.]+(?:\\.[^.]+)?(?:\\.([^.]+))?\\.[^.]+\\.)'),
]

/** The names the tags had first; old dashboards use them. */
const DEPRECATED_TAGS: readonly PatternTag[] = deprecatedTags()

function deprecatedTags(): readonly PatternTag[] {
  const prefix = '^cluster\\.'
  const of = (part: Part, internal = false) => pattern(part, clusterPattern(prefix, part, internal))
  const { target, full_target } = targetPatterns(prefix)
  return [
    of('custom_hash'),
    of('service_subset'),
    of('service'),
    of('namespace'),
    of('datacenter', true),
    of('routing_type'),
    of('trust_domain'),
    pattern('target', target),
    pattern('full_target', full_target),
  ]
}

function sourceTags(input: BootstrapInput): readonly FixedTag[] {
  const tags: readonly (readonly [string, string])[] = [
    ['local_cluster', input.cluster],
    ['consul.source.service', input.sourceService],
    ['consul.source.namespace', input.namespace],
    ['consul.source.partition', input.partition],
    ['consul.source.datacenter', input.datacenter],
  ]
  return tags.filter(([, value]) => value !== '').map(([tag_name, fixed_value]) => ({ tag_name, fixed_value }))
}

/** `name=value`; a name alone stands for the value 1. */
function ownTag(text: string): FixedTag {
  const equals = text.indexOf('=')
  const name = equals < 0 ? text : text.slice(0, equals)
  return { tag_name: name.trim().toLowerCase(), fixed_value: equals < 0 ? '1' : text.slice(equals + 1) }
}
