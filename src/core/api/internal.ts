// /v1/internal: whole groups of instances.

import { canRead } from '../acl/permission.ts'
import { kindInstances } from '../queries/instances.ts'
import { type Route, read } from './define-route.ts'
import { encodeInstance } from './encode-service.ts'
import { INSTANCE_FIELDS } from './filter-fields.ts'

export const internalRoutes: readonly Route[] = [
  read({
    path: '/v1/internal/mesh-gateways',
    arg: request => ({ kind: 'mesh-gateway' as const, partition: request.tenancy.Partition, peer: '' }),
    permissions: () => [canRead('service')],
    rows: INSTANCE_FIELDS,
    query: kindInstances,
    answer: (instances, { keep, showsTenancy }) => ({
      json: instances.filter(keep).map(instance => encodeInstance(instance, showsTenancy)),
    }),
  }),
]
