// Intentions as a proxy applies them: rules without precedence, independent of any proxy's own language.

/** A condition over leaves of one kind. `and` and `or` have at least two parts. */
export type Condition<Leaf> =
  | { readonly kind: 'any' }
  | { readonly kind: 'and'; readonly parts: readonly Condition<Leaf>[] }
  | { readonly kind: 'or'; readonly parts: readonly Condition<Leaf>[] }
  | { readonly kind: 'not'; readonly part: Condition<Leaf> }
  | Leaf

/** How a text is compared. A regular expression (RE2) must match the whole text. */
export interface TextMatch {
  readonly form: 'exact' | 'prefix' | 'suffix' | 'contains' | 'regex'
  readonly text: string
  readonly ignoreCase: boolean
}

/** `match` absent: the header only has to be there. `invert` turns the outcome around. */
export interface HeaderCondition {
  readonly kind: 'header'
  readonly name: string
  readonly match?: TextMatch
  readonly invert: boolean
}

/** A claim of the JWT that `provider` verified. A claim that is a list need only contain the value. */
export interface ClaimCondition {
  readonly kind: 'claim'
  readonly provider: string
  /** From the payload inwards: `['iss']`, `['roles', 'admin']`. */
  readonly path: readonly string[]
  readonly value: string
}

/** The SPIFFE URI of the peer's certificate, as an anchored regular expression. */
export interface IdentityCondition {
  readonly kind: 'identity'
  readonly regex: string
}

export interface PathCondition {
  readonly kind: 'path'
  readonly match: TextMatch
}

export interface MethodCondition {
  readonly kind: 'method'
  readonly anyOf: readonly string[]
}

/** Who calls. */
export type Principal = Condition<IdentityCondition | HeaderCondition | ClaimCondition>

/** What is asked for. */
export type Permission = Condition<PathCondition | HeaderCondition | MethodCondition | ClaimCondition>

/** Applies to a call when one of the principals and one of the permissions hold. */
export interface Policy {
  readonly name: string
  readonly principals: readonly Principal[]
  readonly permissions: readonly Permission[]
}

/**
 * `allow`: only what a policy applies to may pass, so no policy means nobody. `deny`: everything but what a policy applies to
 * may pass, so no policy means everybody.
 */
export interface Rules {
  readonly action: 'allow' | 'deny'
  readonly policies: readonly Policy[]
}

/** All parts hold. One part stands for itself, none for anything. */
export function allOf<Leaf>(parts: readonly Condition<Leaf>[]): Condition<Leaf> {
  const [first, ...rest] = parts
  if (first === undefined) return { kind: 'any' }
  return rest.length === 0 ? first : { kind: 'and', parts }
}

/** One of the parts holds. One part stands for itself. */
export function anyOf<Leaf>(parts: readonly [Condition<Leaf>, ...Condition<Leaf>[]]): Condition<Leaf> {
  return parts.length === 1 ? parts[0] : { kind: 'or', parts }
}

/** The part does not hold. */
export function not<Leaf>(part: Condition<Leaf>): Condition<Leaf> {
  return { kind: 'not', part }
}
