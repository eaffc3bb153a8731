// The registry of scenarios. The first is the one that runs unless another is named.

import type { Scenario } from '../scenario.ts'
import { federation } from './federation.ts'
import { partitions } from './partitions.ts'
import { peering } from './peering.ts'

export const scenarios: readonly [Scenario, ...Scenario[]] = [federation, partitions, peering]
