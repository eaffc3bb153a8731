// The registry of routes. A new section is one file, one import and one line. What needs Envoy's API is not here, because nobody
// should wait for that to be loaded before the agent answers: see `late-routes.ts` of the agent.

import { agentRoutes } from './agent.ts'
import { catalogRoutes } from './catalog.ts'
import { configRoutes } from './config.ts'
import { connectRoutes } from './connect.ts'
import type { Route } from './define-route.ts'
import { discoveryChainRoutes } from './discovery-chain.ts'
import { exportedServicesRoutes } from './exported-services.ts'
import { healthRoutes } from './health.ts'
import { intentionRoutes } from './intentions.ts'
import { internalRoutes } from './internal.ts'
import { peeringRoutes } from './peering.ts'
import { statusRoutes } from './status.ts'
import { tenancyRoutes } from './tenancy.ts'

export const ROUTES: readonly Route[] = [
  ...statusRoutes,
  ...agentRoutes,
  ...catalogRoutes,
  ...healthRoutes,
  ...configRoutes,
  ...connectRoutes,
  ...intentionRoutes,
  ...discoveryChainRoutes,
  ...peeringRoutes,
  ...internalRoutes,
  ...tenancyRoutes,
  ...exportedServicesRoutes,
]
