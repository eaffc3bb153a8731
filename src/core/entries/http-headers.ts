// Changes to the headers of a request or response that passes a route or a split.

import { type Infer, list, map, string } from '../../lib/schema.ts'
import { sparse } from './sparse.ts'

export const headerModifiers = sparse({ Add: map(string()), Set: map(string()), Remove: list(string()) })

export type HeaderModifiers = Infer<typeof headerModifiers>
