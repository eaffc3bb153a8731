// service-splitter: shares of a service's requests by weight. Needs an HTTP-like protocol, which the discovery chain checks.

import { float, type Infer, type Issue, list, required, string, withDefault } from '../../lib/schema.ts'
import { canRead, canWrite } from '../acl/permission.ts'
import { defineEntry, type EntryOf, type NewEntry } from './define-entry.ts'
import { headerModifiers } from './http-headers.ts'
import { readsOf, referencedServices, type ServiceId } from './references.ts'
import { sparse } from './sparse.ts'

const split = sparse({
  Weight: withDefault(float(), 0),
  Service: string(),
  ServiceSubset: string(),
  Namespace: string(),
  Partition: string(),
  RequestHeaders: headerModifiers,
  ResponseHeaders: headerModifiers,
})

/** One share; the weight is in percent, with two decimals. */
export type ServiceSplit = Infer<typeof split>

const fields = { Splits: required(list(split)) } as const

export type ServiceSplitter = EntryOf<'service-splitter', typeof fields>

export const serviceSplitter = defineEntry({
  kind: 'service-splitter',
  fields,
  normalize,
  check,
  read: name => canRead('service', name),
  write: name => canWrite('service', name),
  writeAlso: (entry: NewEntry<ServiceSplitter>) => readsOf(entry, splitterReferences(entry)),
})

/** The services a splitter sends requests to. */
export function splitterReferences(entry: NewEntry<ServiceSplitter>): ServiceId[] {
  return referencedServices(entry, entry.Splits)
}

/** A weight as a whole number of hundredths of a percent. */
export function scaledWeight(weight: number): number {
  return Math.round(weight * 100)
}

function normalize(entry: NewEntry<ServiceSplitter>): NewEntry<ServiceSplitter> {
  return { ...entry, Splits: entry.Splits.map(each => ({ ...each, Weight: scaledWeight(each.Weight) / 100 })) }
}

function check(entry: NewEntry<ServiceSplitter>): Issue[] {
  if (entry.Splits.length === 0) return [{ path: 'Splits', message: 'no splits configured' }]
  const issues = entry.Splits.flatMap((each, i) => {
    if (each.Weight >= 0 && each.Weight <= 100) return []
    return [{ path: `Splits[${i}].Weight`, message: `invalid weight ${each.Weight}; allowed is 0 to 100` }]
  })
  const total = entry.Splits.reduce((sum, each) => sum + scaledWeight(each.Weight), 0)
  if (issues.length === 0 && total !== 10_000) {
    issues.push({
      path: 'Splits',
      message: `the sum of all split weights must be 100, not ${(total / 100).toFixed(6)}`,
    })
  }
  return [...issues, ...checkDuplicates(entry)]
}

function checkDuplicates(entry: NewEntry<ServiceSplitter>): Issue[] {
  const seen = new Set<string>()
  return entry.Splits.flatMap((each, i) => {
    const { Service = entry.Name, ServiceSubset = '', Namespace = entry.Namespace, Partition = entry.Partition } = each
    const text = `service="${Service}", subset="${ServiceSubset}", namespace="${Namespace}", partition="${Partition}"`
    const isDuplicate = seen.has(text)
    seen.add(text)
    if (!isDuplicate) return []
    return [{ path: `Splits[${i}]`, message: `split destination occurs more than once: ${text}` }]
  })
}
