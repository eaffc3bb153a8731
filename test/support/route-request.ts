// A request as routes see it, for tests that call them without a server.

import type { RouteRequest } from '../../src/core/api/define-route.ts'
import { DEFAULT_TENANCY } from '../../src/core/model/tenancy.ts'

/** A request to datacenter dc1 in the default tenancy; `search` is its query string. */
export function requestOf(parts: Partial<RouteRequest> & { readonly search?: string }): RouteRequest {
  const { search = '', ...rest } = parts
  return {
    method: 'GET',
    params: {},
    query: new URLSearchParams(search),
    tenancy: DEFAULT_TENANCY,
    datacenter: 'dc1',
    body: undefined,
    now: 0,
    freshId: '99999999-9999-9999-9999-999999999999',
    ...rest,
  }
}
