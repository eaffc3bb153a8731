// service-intentions: who may call one service, or all of them (`*`). All intentions of a mesh live in these entries.

import { bool, type Infer, int, list, map, required, type Schema, string, withDefault } from '../../lib/schema.ts'
import { canRead, canWrite } from '../acl/permission.ts'
import { DEFAULT_NAMESPACE } from '../model/tenancy.ts'
import { defineEntry, type EntryOf, type NewEntry } from './define-entry.ts'
import { precedence } from './intention-precedence.ts'
import { checkIntentions } from './service-intentions-check.ts'
import { sparse } from './sparse.ts'

export type IntentionAction = 'allow' | 'deny'

/** In any letter case; anything but the two actions is refused in Consul's words. */
const action: Schema<IntentionAction> = {
  shape: { type: 'string', allowed: ['allow', 'deny'] },
  decode(input, path, context) {
    const text = typeof input === 'string' ? input.toLowerCase() : input
    if (text === 'allow' || text === 'deny') return text
    if (text !== '') context.issues.push({ path, message: `${path} must be set to 'allow' or 'deny'` })
    return undefined
  },
}

const jwtProvider = sparse({
  Name: withDefault(string(), ''),
  VerifyClaims: list(sparse({ Path: withDefault(list(string()), []), Value: withDefault(string(), '') })),
})

export const intentionJwt = sparse({ Providers: withDefault(list(jwtProvider), []) })

export type IntentionJwt = Infer<typeof intentionJwt>

const header = sparse({
  Name: withDefault(string(), ''),
  Present: bool(),
  Exact: string(),
  Prefix: string(),
  Suffix: string(),
  Contains: string(),
  Regex: string(),
  Invert: bool(),
  IgnoreCase: bool(),
})

export type IntentionHeaderMatch = Infer<typeof header>

const http = sparse({
  PathExact: string(),
  PathPrefix: string(),
  PathRegex: string(),
  Header: list(header),
  Methods: list(string()),
})

export type IntentionHttpMatch = Infer<typeof http>

const permission = sparse({ Action: action, HTTP: http, JWT: intentionJwt })

export type IntentionPermission = Infer<typeof permission>

export const intentionPermissions = list(permission)

export const intentionSource = sparse({
  Name: withDefault(string(), ''),
  Peer: string(),
  Partition: string(),
  Namespace: string(),
  SamenessGroup: string(),
  Action: action,
  Permissions: intentionPermissions,
  Precedence: withDefault(int(), 0),
  Type: withDefault(string({ allowed: ['', 'consul'] }), 'consul'),
  Description: string(),
  LegacyID: string(),
  LegacyMeta: map(string()),
  LegacyCreateTime: string(),
  LegacyUpdateTime: string(),
})

/** One intention: a source and what it may do. `Precedence` is ours to fill in. */
export type IntentionSource = Infer<typeof intentionSource>

const fields = { Sources: required(list(intentionSource)), JWT: intentionJwt } as const

export type ServiceIntentions = EntryOf<'service-intentions', typeof fields>

export const serviceIntentions = defineEntry({
  kind: 'service-intentions',
  fields,
  normalize: normalizeIntentions,
  check: (entry: NewEntry<ServiceIntentions>) => checkIntentions(entry),
  read: name => canRead('intention', name),
  write: name => canWrite('intention', name),
})

/** Sources in the order in which they win, each with its precedence; those of one precedence stay as they were written. */
export function normalizeIntentions(entry: NewEntry<ServiceIntentions>): NewEntry<ServiceIntentions> {
  const sources = entry.Sources.map(source => normalizeSource(source, entry))
  return { ...entry, Sources: sources.toSorted((a, b) => b.Precedence - a.Precedence) }
}

function normalizeSource(source: IntentionSource, entry: NewEntry<ServiceIntentions>): IntentionSource {
  const rank = precedence({ Namespace: source.Namespace ?? DEFAULT_NAMESPACE, Name: source.Name }, entry)
  const { Permissions, ...rest } = source
  const permissions = Permissions === undefined ? {} : { Permissions: Permissions.map(upperMethods) }
  return { ...rest, ...permissions, Precedence: rank, Type: 'consul' }
}

function upperMethods(each: IntentionPermission): IntentionPermission {
  const methods = each.HTTP?.Methods
  if (methods === undefined) return each
  return { ...each, HTTP: { ...each.HTTP, Methods: methods.map(method => method.toUpperCase()) } }
}
