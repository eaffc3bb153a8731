// mesh-gateway: carries the mesh's traffic into and out of a datacenter, by server name, without opening it.

import { defineProxy } from '../define-proxy.ts'
import { meshGatewayResources } from './resources.ts'
import { meshGatewaySnapshot } from './snapshot.ts'

export const meshGateway = defineProxy({
  kind: 'mesh-gateway',
  snapshot: meshGatewaySnapshot,
  resources: meshGatewayResources,
  issues: snapshot => snapshot.config.options.issues,
})
