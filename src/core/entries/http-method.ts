// The HTTP methods that routes and intentions may name, in any letter case.

import type { Issue } from '../../lib/schema.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE']

/** Every method is known and named once. */
export function checkMethods(path: string, methods: readonly string[]): Issue[] {
  const upper = methods.map(method => method.toUpperCase())
  return upper.flatMap((method, i) => {
    if (!METHODS.includes(method)) {
      return [
        {
          path: `${path}[${i}]`,
          message: `contains an invalid method "${methods[i]}"; allowed are ${METHODS.join(', ')}`,
        },
      ]
    }
    return upper.indexOf(method) < i ? [{ path: `${path}[${i}]`, message: `contains "${method}" more than once` }] : []
  })
}
