// connect-proxy: the sidecar of a service. It admits who may reach the service, and dials the service's upstreams over mTLS.

import { defineProxy } from '../define-proxy.ts'
import { sidecarResources } from './resources.ts'
import { sidecarIssues, sidecarSnapshot } from './snapshot.ts'

export const connectProxy = defineProxy({
  kind: 'connect-proxy',
  snapshot: sidecarSnapshot,
  resources: sidecarResources,
  issues: sidecarIssues,
})
