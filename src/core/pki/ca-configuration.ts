// The CA's configuration as users write it (API and agent file, either spelling), its checks and its defaults. The
// private key of a custom root is taken out here and never becomes part of a row.

import { formatDuration, parseDuration } from '../../lib/duration.ts'
import {
  bool,
  type Decoded,
  decode,
  duration,
  float,
  type Infer,
  type Issue,
  int,
  map,
  object,
  opaque,
  required,
  type Schema,
  string,
  withDefault,
} from '../../lib/schema.ts'
import type { NewCaConfiguration } from '../model/ca.ts'

const HOUR_MS = 3_600_000
const LEAF_TTL_MS = 72 * HOUR_MS
const INTERMEDIATE_TTL_MS = 8760 * HOUR_MS
const ROOT_TTL_MS = 87_600 * HOUR_MS
const CSRS_PER_SECOND = 50

/** A duration that keeps the text it was written in, because the API shows a configuration as it was put. */
const durationAsWritten: Schema<string> = {
  shape: { type: 'duration' },
  decode(input, path, context) {
    const normal = duration().decode(input, path, context)
    return typeof input === 'string' && parseDuration(input) !== undefined ? input : normal
  },
}

const configFields = object(
  {
    LeafCertTTL: durationAsWritten,
    IntermediateCertTTL: durationAsWritten,
    RootCertTTL: durationAsWritten,
    PrivateKeyType: string({ allowed: ['ec', 'rsa'] }),
    PrivateKeyBits: int(),
    CSRMaxPerSecond: float({ min: 0 }),
    CSRMaxConcurrent: int({ min: 0 }),
    SkipValidate: bool(),
    PrivateKey: string(),
    RootCert: string(),
    DisableCrossSigning: bool(),
  },
  { ignored: ['RotationPeriod'] },
)

const caConfiguration = object(
  {
    Provider: required(string({ allowed: ['consul'] })),
    Config: withDefault(opaque(), {}),
    State: map(string()),
    ForceWithoutCrossSigning: withDefault(bool(), false),
  },
  { ignored: ['CreateIndex', 'ModifyIndex'] },
)

/** A configuration ready to be stored, and the private key it came with ('' for none). */
export interface ReadConfiguration {
  readonly configuration: NewCaConfiguration
  readonly privateKeyPem: string
}

/** Decodes and checks a configuration from the API or an agent's file. */
export function readCaConfiguration(input: unknown): Decoded<ReadConfiguration> {
  const outer = decode(caConfiguration, input, { weak: true })
  if (!outer.ok) return outer
  const inner = decode(configFields, outer.value.Config, { weak: true })
  if (!inner.ok) return { ok: false, issues: underConfig(inner.issues) }

  const { PrivateKey = '', ...Config } = inner.value
  const { Provider, State = null, ForceWithoutCrossSigning } = outer.value
  const configuration = { Provider, Config, State, ForceWithoutCrossSigning }
  const issues = settingsIssues(settingsOf(inner.value))
  return issues.length > 0
    ? { ok: false, issues: underConfig(issues) }
    : { ok: true, value: { configuration, privateKeyPem: PrivateKey } }
}

/** The configuration of a cluster whose agent file has none. */
export function defaultCaConfiguration(): NewCaConfiguration {
  const Config = { LeafCertTTL: '72h', IntermediateCertTTL: '8760h', RootCertTTL: '87600h' }
  return { Provider: 'consul', Config, State: null, ForceWithoutCrossSigning: false }
}

/** A configuration with every default filled in, in the units we compute with. */
export interface CaSettings {
  readonly leafTtlMs: number
  readonly intermediateTtlMs: number
  readonly rootTtlMs: number
  readonly keyType: 'ec' | 'rsa'
  readonly keyBits: number
  /** Leaf requests signed per second; 0 means no limit. */
  readonly csrMaxPerSecond: number
  /** Leaf requests worked on at once; 0 means no limit. */
  readonly csrMaxConcurrent: number
  /** PEM of a root made elsewhere; '' for one of our own making. */
  readonly rootCertPem: string
  readonly disableCrossSigning: boolean
  readonly skipValidate: boolean
}

/** What a stored configuration means. */
export function caSettings(configuration: Pick<NewCaConfiguration, 'Config'>): CaSettings {
  const config = decode(configFields, configuration.Config, { weak: true })
  if (!config.ok) throw new Error(`stored CA configuration: ${config.issues[0]?.path} ${config.issues[0]?.message}`)
  return settingsOf(config.value)
}

function settingsOf(config: Infer<typeof configFields>): CaSettings {
  const keyType = config.PrivateKeyType ?? 'ec'
  return {
    leafTtlMs: milliseconds(config.LeafCertTTL, LEAF_TTL_MS),
    intermediateTtlMs: milliseconds(config.IntermediateCertTTL, INTERMEDIATE_TTL_MS),
    rootTtlMs: milliseconds(config.RootCertTTL, ROOT_TTL_MS),
    keyType,
    keyBits: config.PrivateKeyBits ?? (keyType === 'rsa' ? 2048 : 256),
    csrMaxPerSecond: config.CSRMaxPerSecond ?? CSRS_PER_SECOND,
    csrMaxConcurrent: config.CSRMaxConcurrent ?? 0,
    rootCertPem: config.RootCert ?? '',
    disableCrossSigning: config.DisableCrossSigning ?? false,
    skipValidate: config.SkipValidate ?? false,
  }
}

function milliseconds(text: string | undefined, fallback: number): number {
  return text === undefined ? fallback : (parseDuration(text) ?? fallback)
}

const KEY_BITS = { ec: [224, 256, 384, 521], rsa: [2048, 4096] }

/**
 * Consul docs: a leaf lives 1h to 1 year, an intermediate at least 3h and three leaves, a root longer than an
 * intermediate.
 */
function settingsIssues(settings: CaSettings): Issue[] {
  const allowed = KEY_BITS[settings.keyType]
  const bits = allowed.includes(settings.keyBits)
    ? []
    : [bad('PrivateKeyBits', settings.keyBits, `for "${settings.keyType}" are ${allowed.join(', ')}`)]
  return settings.skipValidate ? bits : [...bits, ...lifetimeIssues(settings)]
}

function lifetimeIssues({ leafTtlMs, intermediateTtlMs, rootTtlMs }: CaSettings): Issue[] {
  const issues: Issue[] = []
  const refuse = (field: string, ms: number, rule: string) => issues.push(bad(field, formatDuration(ms), rule))
  if (leafTtlMs < HOUR_MS || leafTtlMs > 8760 * HOUR_MS) refuse('LeafCertTTL', leafTtlMs, 'is 1h to 8760h')
  const shortest = Math.max(3 * HOUR_MS, 3 * leafTtlMs)
  if (intermediateTtlMs < shortest) {
    refuse(
      'IntermediateCertTTL',
      intermediateTtlMs,
      `is ${formatDuration(shortest)} (three times LeafCertTTL, and 3h) or more`,
    )
  }
  if (rootTtlMs <= intermediateTtlMs) {
    refuse('RootCertTTL', rootTtlMs, `is more than IntermediateCertTTL (${formatDuration(intermediateTtlMs)})`)
  }
  return issues
}

function bad(path: string, value: string | number, allowed: string): Issue {
  return { path, message: `invalid value ${JSON.stringify(value)}; allowed ${allowed}` }
}

function underConfig(issues: readonly Issue[]): Issue[] {
  return issues.map(issue => ({ ...issue, path: issue.path === '' ? 'Config' : `Config.${issue.path}` }))
}
