// Which resource types hang on which, and so in what order Envoy may learn of changes. The session does the sending.

import { type ResourceType, resourceTypes, typeUrls } from '../envoy/resource.ts'

const typeByUrl: ReadonlyMap<string, ResourceType> = new Map(resourceTypes.map(type => [typeUrls[type], type]))

/** The type a request speaks of, or undefined for one we do not serve. */
export function typeOfUrl(typeUrl: string): ResourceType | undefined {
  return typeByUrl.get(typeUrl)
}

/** Sent first, without removals: what listeners and routes are going to need. */
export const addFirst: readonly ResourceType[] = ['secret', 'cluster', 'endpoints']

/** Must be acknowledged before any listener or route moves traffic onto them. */
export const mustSettle: readonly ResourceType[] = ['cluster', 'endpoints']

/** Sent in the middle, additions and removals together. */
export const moveTraffic: readonly ResourceType[] = ['listener', 'route']

/** Removed last, when nothing uses them any more (make before break). */
export const removeLast: readonly ResourceType[] = ['cluster', 'endpoints', 'secret']

/** Envoy drops a cluster's endpoints and a listener's routes when their parent is updated, and does not always ask again. */
export const childOf: Partial<Readonly<Record<ResourceType, ResourceType>>> = {
  cluster: 'endpoints',
  listener: 'route',
}

/** A refused resource may become acceptable when one of these types changes. */
export const dependsOn: Readonly<Record<ResourceType, readonly ResourceType[]>> = {
  secret: [],
  cluster: ['secret'],
  endpoints: ['cluster'],
  listener: ['secret', 'cluster'],
  route: ['cluster'],
}
