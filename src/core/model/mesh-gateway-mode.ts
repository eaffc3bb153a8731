// How traffic that leaves a datacenter, partition or cluster travels.

import { type Infer, object, string } from '../../lib/schema.ts'

/** '' is unset; `local` leaves through our gateways, `remote` enters through theirs, `none` dials the instance itself. */
export const MESH_GATEWAY_MODES = ['', 'none', 'local', 'remote'] as const

export type MeshGatewayMode = (typeof MESH_GATEWAY_MODES)[number]

export const meshGatewayConfig = object({ Mode: string({ allowed: MESH_GATEWAY_MODES }) })

export type MeshGatewayConfig = Infer<typeof meshGatewayConfig>
