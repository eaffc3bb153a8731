// The rows, in the order in which they run: those that share a scene stand together.

import type { Row } from '../row.ts'
import { blockedReads } from './blocked-reads.ts'
import { connect } from './connect.ts'
import { endpointChange } from './endpoint-change.ts'
import { gatewayService } from './gateway-service.ts'
import { httpReads } from './http-reads.ts'
import { httpWrites } from './http-writes.ts'
import { intention } from './intention.ts'
import { partitions } from './partitions.ts'
import { peering } from './peering.ts'
import { proxyDefaults } from './proxy-defaults.ts'
import { register } from './register.ts'
import { rootRotation } from './root-rotation.ts'
import { start } from './start.ts'

export const ROWS: readonly Row[] = [
  start,
  register,
  connect,
  endpointChange,
  proxyDefaults,
  intention,
  gatewayService,
  partitions,
  rootRotation,
  httpReads,
  blockedReads,
  httpWrites,
  peering,
]
