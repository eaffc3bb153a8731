// /v1/exported-services and /v1/imported-services: what a partition shares, with wildcards resolved.

import { canRead } from '../acl/permission.ts'
import { exportedServices, importedServices } from '../queries/exported-services.ts'
import { type Route, read } from './define-route.ts'

export const exportedServicesRoutes: readonly Route[] = [
  read({
    path: '/v1/exported-services',
    arg: request => request.tenancy.Partition,
    permissions: () => [canRead('mesh')],
    query: exportedServices,
    answer: (rows, { showsTenancy }, partition) => ({
      json: rows.map(row => ({
        Service: row.service,
        ...(showsTenancy ? { Namespace: row.namespace, Partition: partition } : undefined),
        Consumers: {
          Peers: row.peers.length === 0 ? undefined : row.peers,
          Partitions: row.partitions.length === 0 ? undefined : row.partitions,
        },
      })),
    }),
  }),
  read({
    path: '/v1/imported-services',
    arg: request => request.tenancy.Partition,
    permissions: () => [canRead('mesh')],
    query: importedServices,
    answer: rows => ({
      json: rows.map(row => ({
        Service: row.service,
        Namespace: row.namespace,
        SourcePartition: row.fromPartition,
      })),
    }),
  }),
]
