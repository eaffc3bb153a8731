// The diagnosis of a peering, with its addresses tried out. Only a server can do that: it is who dials.

import { nameParam } from '../../core/api/peering.ts'
import { Fault } from '../../core/model/fault.ts'
import { isDialer } from '../../core/model/peering.ts'
import { diagnose } from '../../core/peering/doctor/diagnose.ts'
import type { Finding } from '../../core/peering/doctor/finding.ts'
import { type PeeringPicture, peeringPicture } from '../../core/peering/doctor/picture.ts'
import { type Probe, probeTargets } from '../../core/peering/doctor/probe.ts'
import { meshRoots } from '../../core/queries/mesh-roots.ts'
import type { Store } from '../../core/store/store.ts'
import type { Effect } from '../http/api-deps.ts'
import { jsonAnswer } from '../http/message.ts'
import { knock } from './knock.ts'
import { requireEnabled } from './peering-effects.ts'

export interface DiagnoseDeps {
  readonly store: Store
  /** False when the configuration says `peering { enabled = false }`. */
  readonly enabled: boolean
  /** Milliseconds since the epoch. */
  readonly now: () => number
  /** Whether this side dials a peering and has a secret that opens its streams. */
  hasStreamSecret(id: string): boolean
}

/** Answers `GET /v1/internal/peering/:name/diagnosis`; `?probe=false` leaves the network alone. */
export function diagnoseEffect(deps: DiagnoseDeps): Effect {
  const { store, now } = deps
  return async request => {
    requireEnabled(deps)
    const peer = nameParam(request, 'diagnose')
    const picture = store.read(peeringPicture, { partition: request.tenancy.Partition, peer }).value
    if (picture === undefined) throw new Fault('not-found', `Peering not found for "${peer}"`)
    const probes = request.query.get('probe') === 'false' ? [] : await knockAtAll(store, picture)
    // What was tried took a while: the rest is as it is now.
    const after = store.read(peeringPicture, { partition: request.tenancy.Partition, peer }).value ?? picture
    const hasStreamSecret = deps.hasStreamSecret(after.row.ID)
    const findings = diagnose(after, { now: now(), hasStreamSecret }, probes)
    return jsonAnswer({
      ID: after.row.ID,
      Name: after.row.Name,
      PeerID: after.row.PeerID,
      Dials: isDialer(after.row),
      Datacenter: store.self.datacenter,
      TrustDomain: after.ownTrustDomain,
      Findings: findings.map(encodeFinding),
    })
  }
}

async function knockAtAll(store: Store, picture: PeeringPicture): Promise<readonly Probe[]> {
  const roots = store.read(meshRoots, undefined).value
  const own = {
    datacenter: store.self.datacenter,
    trustDomain: roots?.trustDomain ?? '',
    roots: roots?.pems ?? [],
  }
  return await Promise.all(probeTargets(picture, own).map(target => knock(target)))
}

function encodeFinding({ check, subject, result, message, fix }: Finding) {
  return { Check: check, Subject: subject, Result: result, Message: message, Fix: fix }
}
