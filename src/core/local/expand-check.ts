// From a check as it is written to a check that can run: its id, its kind, its first status.

import { parseDuration } from '../../lib/duration.ts'
import type { Issue } from '../../lib/schema.ts'
import type { CheckDefinition, Status } from '../model/check.ts'
import type { LocalCheck, Origin } from '../model/local.ts'
import type { Unindexed } from '../model/row.ts'

export type CheckType =
  | 'grpc'
  | 'http'
  | 'ttl'
  | 'tcp'
  | 'udp'
  | 'alias'
  | 'docker'
  | 'script'
  | 'h2ping'
  | 'os_service'
  | 'maintenance'
  | ''

/** What a check belongs to and how it was registered. */
export interface CheckOwner {
  readonly ServiceID: string
  readonly ServiceName: string
  readonly ServiceTags: readonly string[]
  readonly Namespace: string
  readonly Partition: string
  readonly origin: Origin
  readonly token: string
}

/** The kind a definition describes, by the first field in Consul's order of detection; '' when it describes none. */
export function checkType(definition: CheckDefinition): CheckType {
  if (definition.GRPC) return 'grpc'
  if (definition.HTTP) return 'http'
  if (definition.TTL) return 'ttl'
  if (definition.TCP) return 'tcp'
  if (definition.UDP) return 'udp'
  if (definition.AliasNode || definition.AliasService) return 'alias'
  if (definition.DockerContainerID) return 'docker'
  if ((definition.ScriptArgs ?? []).length > 0) return 'script'
  if (definition.H2PING) return 'h2ping'
  return definition.OSService ? 'os_service' : ''
}

const NEEDS_INTERVAL = 'Invalid check: Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService checks'
const SCRIPTS_ARE_OFF =
  "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true" +
  ", or 'enable_local_script_checks' for checks of configuration files"
const UNSUPPORTED: readonly CheckType[] = ['docker', 'os_service']

/** Everything wrong with a definition. `scripts` says whether this agent runs scripts for this origin. */
export function checkCheckDefinition(definition: CheckDefinition, path: string, scripts: boolean): readonly Issue[] {
  const type = checkType(definition)
  const at = (field: string) => (path === '' ? field : `${path}.${field}`)
  const issues: Issue[] = []
  if (type === '') {
    issues.push({
      path,
      message:
        'Invalid check: one of HTTP, TCP, UDP, GRPC, H2PING, TTL, AliasService, AliasNode or ScriptArgs must be set',
    })
  }
  if (UNSUPPORTED.includes(type)) issues.push({ path, message: `Invalid check: ${type} checks are not supported` })
  if (type === 'script' && !scripts) {
    issues.push({ path: at('ScriptArgs'), message: SCRIPTS_ARE_OFF })
  }
  return [...issues, ...checkTimes(definition, type, at)]
}

function checkTimes(definition: CheckDefinition, type: CheckType, at: (field: string) => string): Issue[] {
  const issues: Issue[] = []
  const interval = milliseconds(definition.Interval)
  if (definition.Interval !== undefined && definition.TTL !== undefined) {
    issues.push({ path: at('Interval'), message: 'Invalid check: Interval and TTL cannot both be specified' })
  }
  const needsInterval = type !== 'ttl' && type !== 'alias' && type !== ''
  if (needsInterval && interval <= 0) issues.push({ path: at('Interval'), message: NEEDS_INTERVAL })
  if (type === 'ttl' && milliseconds(definition.TTL) <= 0)
    issues.push({ path: at('TTL'), message: 'Invalid check: TTL must be > 0 for TTL checks' })
  if (type === 'alias' && definition.Interval !== undefined) {
    issues.push({ path: at('Interval'), message: 'an alias check has no interval' })
  }
  if ((definition.FailuresBeforeWarning ?? 0) > (definition.FailuresBeforeCritical ?? Infinity)) {
    issues.push({ path: at('FailuresBeforeWarning'), message: 'must not be greater than FailuresBeforeCritical' })
  }
  return issues
}

/** The row of a check that has just been registered. `position` counts from 1 when a service has several checks. */
export function expandCheck(
  definition: CheckDefinition,
  owner: CheckOwner,
  position: number | undefined,
): Unindexed<LocalCheck> {
  const type = checkType(definition)
  const suffix = position === undefined ? '' : `:${position}`
  const defaultId = owner.ServiceID === '' ? (definition.Name ?? '') : `service:${owner.ServiceID}${suffix}`
  const defaultName = owner.ServiceID === '' ? (definition.CheckID ?? '') : `Service '${owner.ServiceName}' check`
  return {
    CheckID: definition.CheckID || defaultId,
    Name: definition.Name || defaultName,
    ServiceID: owner.ServiceID,
    ServiceName: owner.ServiceName,
    ServiceTags: owner.ServiceTags,
    Namespace: owner.Namespace,
    Partition: owner.Partition,
    Type: type,
    Notes: definition.Notes ?? '',
    Status: firstStatus(definition),
    Output: '',
    Definition: definition,
    ExposedPort: 0,
    Origin: owner.origin,
    Token: definition.Token || owner.token,
  }
}

function firstStatus(definition: CheckDefinition): Status {
  return definition.Status === undefined || definition.Status === '' ? 'critical' : definition.Status
}

function milliseconds(duration: string | undefined): number {
  return duration === undefined ? 0 : (parseDuration(duration) ?? 0)
}
