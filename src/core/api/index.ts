// The registry of routes. A new section is one file, one import and one line.

import { catalogRoutes } from './catalog.ts'
import { configRoutes } from './config.ts'
import type { Route } from './define-route.ts'
import { healthRoutes } from './health.ts'
import { statusRoutes } from './status.ts'

export const ROUTES: readonly Route[] = [...statusRoutes, ...catalogRoutes, ...healthRoutes, ...configRoutes]
