// /v1/status: who leads. There is no election among our servers, so each names itself.

import { OPEN } from '../acl/permission.ts'
import { raftAddress } from '../queries/status.ts'
import { type Route, read } from './define-route.ts'

export const statusRoutes: readonly Route[] = [
  read({
    path: '/v1/status/leader',
    arg: () => undefined,
    permissions: () => [OPEN],
    query: raftAddress,
    answer: json => ({ json }),
    index: 'none',
  }),
  read({
    path: '/v1/status/peers',
    arg: () => undefined,
    permissions: () => [OPEN],
    query: raftAddress,
    answer: address => ({ json: [address] }),
    index: 'none',
  }),
]
