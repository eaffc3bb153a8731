// What this agent itself runs: services and checks registered with it, kept with their last status across restarts.

import type { CheckDefinition, HealthCheck, Status } from './check.ts'
import type { Indexed, Unindexed } from './row.ts'
import type { ServiceInstance } from './service.ts'
import { joinKey } from './tenancy.ts'

/** `file` registrations are read again at every start; `api` ones live until they are deregistered. */
export type Origin = 'api' | 'file'

export interface LocalService extends Indexed {
  /** The instance as the catalog will show it. */
  readonly Instance: Unindexed<ServiceInstance>
  readonly Origin: Origin
  /** The service whose definition this sidecar was written in; '' for services of their own. */
  readonly ParentID: string
  /** Secret used to register it; '' for the agent's own. Never shown. */
  readonly Token: string
}

export interface LocalCheck extends Indexed {
  readonly CheckID: string
  readonly ServiceID: string
  readonly ServiceName: string
  readonly ServiceTags: readonly string[]
  readonly Namespace: string
  readonly Partition: string
  readonly Name: string
  readonly Type: string
  readonly Notes: string
  readonly Status: Status
  readonly Output: string
  readonly Definition: CheckDefinition
  readonly ExposedPort: number
  readonly Origin: Origin
  readonly Token: string
}

export function localServiceKey(service: Pick<ServiceInstance, 'Partition' | 'Namespace' | 'ID'>): string {
  return joinKey(service.Partition, service.Namespace, service.ID)
}

export function localCheckKey(check: Pick<HealthCheck, 'Partition' | 'Namespace' | 'CheckID'>): string {
  return joinKey(check.Partition, check.Namespace, check.CheckID)
}
