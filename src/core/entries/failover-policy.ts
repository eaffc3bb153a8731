// In which order failover targets are tried. The only order is the listed one; sorting by locality is not offered.

import { type Infer, string } from '../../lib/schema.ts'
import { sparse } from './sparse.ts'

export const failoverPolicy = sparse({ Mode: string({ allowed: ['', 'sequential'] }) })

export type FailoverPolicy = Infer<typeof failoverPolicy>
