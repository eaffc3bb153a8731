// Health checks: the definition an agent runs, and the row the catalog shows.

import { bool, duration, type Infer, int, list, map, object, string } from '../../lib/schema.ts'
import type { Indexed } from './row.ts'
import { joinKey } from './tenancy.ts'

export const STATUSES = ['passing', 'warning', 'critical'] as const

export type Status = (typeof STATUSES)[number]

/** The id of the check that shows whether a node's agent is alive. */
export const SERF_HEALTH = 'serfHealth'

/** What a check runs, and how often. */
export const probeFields = {
  HTTP: string(),
  Method: string(),
  Header: map(list(string())),
  Body: string(),
  DisableRedirects: bool(),
  TLSServerName: string(),
  TLSSkipVerify: bool(),
  TCP: string(),
  TCPUseTLS: bool(),
  UDP: string(),
  GRPC: string(),
  GRPCUseTLS: bool(),
  H2PING: string(),
  H2PingUseTLS: bool(),
  OSService: string(),
  ScriptArgs: list(string()),
  DockerContainerID: string(),
  Shell: string(),
  AliasNode: string(),
  AliasService: string(),
  TTL: duration(),
  Interval: duration(),
  Timeout: duration(),
} as const

/** A check as a person or a service registration writes it. */
export const checkDefinition = object(
  {
    CheckID: string(),
    Name: string(),
    Notes: string(),
    ServiceID: string(),
    Token: string(),
    Status: string({ allowed: ['', ...STATUSES] }),
    ...probeFields,
    SuccessBeforePassing: int({ min: 0 }),
    FailuresBeforeWarning: int({ min: 0 }),
    FailuresBeforeCritical: int({ min: 0 }),
    DeregisterCriticalServiceAfter: duration(),
    OutputMaxSize: int({ min: 1 }),
    Namespace: string(),
    Partition: string(),
  },
  { aliases: { ID: 'CheckID', Args: 'ScriptArgs' } },
)

export type CheckDefinition = Infer<typeof checkDefinition>

/** A check as the catalog and the health API show it. */
export interface HealthCheck extends Indexed {
  readonly Node: string
  readonly CheckID: string
  readonly Name: string
  readonly Status: Status
  readonly Notes: string
  readonly Output: string
  readonly ServiceID: string
  readonly ServiceName: string
  readonly ServiceTags: readonly string[]
  readonly Type: string
  readonly Interval: string
  readonly Timeout: string
  readonly ExposedPort: number
  readonly Partition: string
  readonly Namespace: string
  readonly PeerName: string
  readonly Definition: Readonly<Record<string, unknown>>
}

type CheckKeyParts = Pick<HealthCheck, 'Partition' | 'PeerName' | 'Node' | 'Namespace' | 'CheckID'>

/** The table key of a check. */
export function checkKey(check: CheckKeyParts): string {
  return joinKey(check.Partition, check.PeerName, check.Node.toLowerCase(), check.Namespace, check.CheckID)
}

/** The worst of some statuses; passing when there are none. */
export function worstStatus(statuses: Iterable<Status>): Status {
  let worst: Status = 'passing'
  for (const status of statuses) {
    if (status === 'critical') return 'critical'
    if (status === 'warning') worst = 'warning'
  }
  return worst
}
