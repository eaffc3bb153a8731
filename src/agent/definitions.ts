// What configuration files define beside options: services, checks and first config entries, checked before anything
// starts.

import type { NewEntry } from '../core/entries/define-entry.ts'
import { type ConfigEntry, decodeEntry } from '../core/entries/index.ts'
import { checkCheckDefinition } from '../core/local/expand-check.ts'
import { expandService } from '../core/local/expand-service.ts'
import type { CheckDefinition } from '../core/model/check.ts'
import { invalid } from '../core/model/fault.ts'
import type { ServiceDefinition } from '../core/model/service.ts'
import type { Issue } from '../lib/schema.ts'
import type { FileConfig } from './options.ts'

export interface Definitions {
  readonly services: readonly ServiceDefinition[]
  readonly checks: readonly CheckDefinition[]
  /** Config entries the primary datacenter starts with; those that exist stay as they are. */
  readonly entries: readonly NewEntry<ConfigEntry>[]
}

/** Where definitions are for, and whether checks of files may run programs there. */
export interface DefinitionContext {
  readonly scripts: boolean
  readonly partition: string
}

/** Reads and checks them. Throws Fault('invalid') naming the definition. */
export function definitionsOf(config: FileConfig, { scripts, partition }: DefinitionContext): Definitions {
  const services = [...(config.service ?? []), ...(config.services ?? [])]
  const checks = [...(config.check ? [config.check] : []), ...(config.checks ?? [])]
  for (const service of services)
    refuse(`service "${service.ID || service.Name || ''}"`, serviceIssues(service, scripts, partition))
  for (const check of checks) refuse(`check "${check.CheckID || check.Name || ''}"`, checkIssues(check, scripts))
  const bootstrap = config.config_entries?.bootstrap ?? []
  return { services, checks, entries: bootstrap.map((each, i) => entryOf(each, `config_entries.bootstrap[${i}]`)) }
}

function serviceIssues(service: ServiceDefinition, scripts: boolean, partition: string): readonly Issue[] {
  const expansion = expandService(service, {
    ...{ node: 'n', partition, scripts, sidecarPorts: { min: 1, max: 1 } },
    origin: 'file',
    portOf: () => undefined,
    isPortTaken: () => false,
  })
  return expansion.ok ? [] : expansion.issues
}

function checkIssues(check: CheckDefinition, scripts: boolean): readonly Issue[] {
  const nameless = check.Name ? [] : [{ path: 'Name', message: 'Missing check name' }]
  return [...nameless, ...checkCheckDefinition(check, '', scripts)]
}

function entryOf(input: unknown, path: string): NewEntry<ConfigEntry> {
  const decoded = decodeEntry(input)
  if (decoded.ok) return decoded.value
  throw invalid(path, decoded.issues)
}

function refuse(what: string, issues: readonly Issue[]): void {
  if (issues.length > 0) throw invalid(what, issues)
}
