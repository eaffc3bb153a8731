// Routes that only few ask for and that take long to load. An agent answers all others without them.

import type { Route } from '../core/api/define-route.ts'

/** Loads them, once. */
export async function loadLateRoutes(): Promise<readonly Route[]> {
  return (await import('../core/api/explain.ts')).explainRoutes
}
