// Query and path parameters that several routes share.

import { Fault } from '../model/fault.ts'
import { DEFAULT_NAMESPACE, DEFAULT_PARTITION, type ServiceName, serviceName, type Tenancy } from '../model/tenancy.ts'
import type { RouteRequest } from './define-route.ts'

/** A path parameter, or a Fault with `Missing <what>`. */
export function pathParam(request: RouteRequest, name: string, what: string): string {
  const value = request.params[name]
  if (value === undefined || value === '') throw new Fault('invalid', `Missing ${what}`)
  return value
}

/** The service a path names: local, or imported with `?peer=`. */
export function pathService(request: RouteRequest, name = 'service'): ServiceName {
  return serviceName(pathParam(request, name, 'service name'), request.tenancy, peerParam(request))
}

/** The peer whose imported rows are asked for; '' for this cluster's own. */
export function peerParam(request: RouteRequest): string {
  return request.query.get('peer') ?? request.query.get('peer-name') ?? ''
}

/** `?node-meta=key:value` pairs; all must match. A pair without a value asks for an empty one. */
export function nodeMetaParam(request: RouteRequest): readonly (readonly [string, string])[] {
  return request.query.getAll('node-meta').map(pair => {
    const colon = pair.indexOf(':')
    return colon === -1 ? ([pair, ''] as const) : ([pair.slice(0, colon), pair.slice(colon + 1)] as const)
  })
}

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])

/** A flag as Go reads booleans; undefined when the text is none. */
export function parseFlag(text: string): boolean | undefined {
  if (TRUE.has(text)) return true
  return FALSE.has(text) ? false : undefined
}

/** `?cas=<index>`: undefined when absent, or a Fault when it is no index. */
export function casParam(request: RouteRequest): number | undefined {
  const text = request.query.get('cas')
  if (text === null || text === '') return undefined
  if (/^\d+$/.test(text) && Number.isSafeInteger(Number(text))) return Number(text)
  throw new Fault('rejected', `Invalid value for ?cas: ${JSON.stringify(text)}; a ModifyIndex is expected`)
}

interface TenancyTexts {
  /** `?ns` or its header; undefined when not given. */
  readonly namespace: string | undefined
  readonly partition: string | undefined
}

/** The tenancy a request names; `default` where it names none. */
export function readTenancy({ namespace, partition }: TenancyTexts): Tenancy {
  return { Partition: partition || DEFAULT_PARTITION, Namespace: namespace || DEFAULT_NAMESPACE }
}

/** The fault of a request that names a partition or namespace which does not exist. */
export function unknownTenancy(missing: 'partition' | 'namespace', { Partition, Namespace }: Tenancy): Fault {
  const [parameter, name] = missing === 'partition' ? ['partition', Partition] : ['ns', Namespace]
  const where = missing === 'namespace' ? ` in partition "${Partition}"` : ''
  return new Fault('invalid', `Invalid query parameter: "${parameter}" - there is no ${missing} "${name}"${where}`)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f]/

/** Refuses names with control characters: keys are joined by one. */
export function requirePrintable(what: string, value: string): void {
  if (CONTROL.test(value)) {
    throw new Fault('invalid', `Invalid ${what} ${JSON.stringify(value)}: it may not contain control characters`)
  }
}
