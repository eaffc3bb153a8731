// The JSON of a health check.

import type { HealthCheck } from '../model/check.ts'
import { tenancyKeys } from './encode-node.ts'

/** A check as the health API shows it. */
export function encodeCheck(check: HealthCheck, showsTenancy: boolean) {
  return {
    Node: check.Node,
    CheckID: check.CheckID,
    Name: check.Name,
    Status: check.Status,
    Notes: check.Notes,
    Output: check.Output,
    ServiceID: check.ServiceID,
    ServiceName: check.ServiceName,
    ServiceTags: check.ServiceTags,
    Type: check.Type,
    Interval: check.Interval,
    Timeout: check.Timeout,
    ExposedPort: check.ExposedPort,
    PeerName: check.PeerName === '' ? undefined : check.PeerName,
    ...tenancyKeys(check, showsTenancy),
    Definition: check.Definition,
    CreateIndex: check.CreateIndex,
    ModifyIndex: check.ModifyIndex,
  }
}
