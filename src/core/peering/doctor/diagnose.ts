// A peering looked at from one of its ends: everything that is known of it, judged, in the order of the hops.

import { isOpen } from '../../model/peering.ts'
import { type Finding, inOrder } from './finding.ts'
import { ownGatewayFindings, peerGatewayFindings } from './gateway-findings.ts'
import { type Circumstances, linkFindings, stateFinding } from './link-findings.ts'
import type { PeeringPicture } from './picture.ts'
import { type Probe, probeFindings } from './probe.ts'
import { refusalFindings } from './refusal-findings.ts'
import { exportFindings, importFindings, upstreamFindings } from './share-findings.ts'

/** What works, what does not, and what to try. `probes` are empty where nobody has knocked. */
export function diagnose(
  picture: PeeringPicture,
  circumstances: Circumstances,
  probes: readonly Probe[],
): readonly Finding[] {
  // What is over has nothing left that could be broken.
  if (!isOpen(picture.row)) return [stateFinding(picture)]
  return inOrder([
    ...linkFindings(picture, circumstances),
    ...probeFindings(picture, probes),
    ...refusalFindings(picture),
    ...ownGatewayFindings(picture),
    ...exportFindings(picture),
    ...peerGatewayFindings(picture),
    ...importFindings(picture),
    ...upstreamFindings(picture),
  ])
}

/** The hop at which things go wrong: the first that failed, unless that is only the state, which says that one has. */
export function brokenHop<T extends Pick<Finding, 'check' | 'result'>>(findings: readonly T[]): T | undefined {
  const broken = inOrder(findings.filter(each => each.result === 'failed'))
  return broken.find(each => each.check !== 'state') ?? broken[0]
}
