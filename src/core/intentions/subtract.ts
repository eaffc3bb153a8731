// Precedence made explicit. Proxies know none, so what a stronger intention or an earlier permission decides is subtracted
// from the weaker and later ones; what then only repeats the default is left out.

import type { IntentionAction } from '../entries/service-intentions.ts'
import type { RuleIntention, RulePermission } from './rule-intention.ts'
import { containsSource, type RuleSource, sourceWildcards } from './rule-source.ts'
import { allOf, not, type Permission } from './rules.ts'

/** Intentions that may be applied in any order. `intentions` are sorted, strongest first. */
export function subtractSources(
  intentions: readonly RuleIntention[],
  defaultAction: IntentionAction,
): readonly RuleIntention[] {
  let kept: RuleIntention[] = []
  for (const intention of withoutOverruled(intentions).toReversed()) {
    const { source, effect } = intention
    kept = kept.map(weaker => {
      return containsSource(weaker.source, source) ? { ...weaker, exceptions: [...weaker.exceptions, source] } : weaker
    })
    if (effect.kind === 'requests' || effect.action !== defaultAction) kept.unshift(intention)
  }
  return kept.map(each => ({ ...each, exceptions: simplify(each.exceptions) }))
}

/** An intention never decides if a stronger one has the same source or a wider one. */
function withoutOverruled(intentions: readonly RuleIntention[]): RuleIntention[] {
  return intentions.filter((each, i) => {
    return !intentions.some((other, j) => j < i && containsSource(other.source, each.source))
  })
}

/** Narrow exceptions first, without those that another one contains. */
function simplify(exceptions: readonly RuleSource[]): RuleSource[] {
  return exceptions
    .toSorted((a, b) => sourceWildcards(a) - sourceWildcards(b))
    .filter(each => !exceptions.some(other => other !== each && containsSource(other, each)))
}

/** The permissions whose action is not the default, each without the requests that earlier ones decide about. */
export function subtractPermissions(
  permissions: readonly RulePermission[],
  defaultAction: IntentionAction,
): readonly Permission[] {
  return permissions
    .map(({ action, whole }, i) => ({
      action,
      rest: allOf([whole, ...permissions.slice(0, i).map(earlier => not(earlier.http))]),
    }))
    .filter(({ action }) => action !== defaultAction)
    .map(({ rest }) => rest)
}
