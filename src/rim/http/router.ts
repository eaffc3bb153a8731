// Finds the route of a method and a path, and says what else a path would take.

import findMyWay from 'find-my-way'
import type { Method, Route } from '../../core/api/define-route.ts'
import { Fault } from '../../core/model/fault.ts'

export type Params = Readonly<Record<string, string | undefined>>

export type Found =
  | { readonly type: 'route'; readonly route: Route; readonly params: Params; readonly search: string }
  | { readonly type: 'other-methods'; readonly allow: string }
  | { readonly type: 'unknown' }

export interface Router {
  find(method: string, path: string): Found
}

const METHODS: readonly Method[] = ['GET', 'POST', 'PUT', 'DELETE']
const MAX_PARAM_LENGTH = 8192
const UNPRINTABLE = /\p{C}|\p{Zl}|\p{Zp}/u

/** Builds a router. Two routes with the same method and path are a bug. */
export function createRouter(routes: readonly Route[]): Router {
  const router = findMyWay({
    maxParamLength: MAX_PARAM_LENGTH,
    querystringParser: text => text,
    onBadUrl: () => {},
  })
  for (const route of routes) router.on(route.method, route.path, () => undefined, route)
  // A word of the API is no value of a parameter, also under methods that the word does not take.
  const words = new Set(routes.map(route => route.path).filter(path => !isTemplate(path)))
  const match = (method: Method, path: string) => {
    const found = router.find(method, path)
    // Only the handler of a path that cannot be decoded has no store; it is found for any such path.
    if (found !== null && found.store === null) throw notDecodable(path)
    if (found === null) return undefined
    // The router keeps what it was given above, and query strings are left as text.
    const route = found.store as Route
    const isShadowed = isTemplate(route.path) && words.has(path.replace(/\?.*$/, ''))
    return isShadowed ? undefined : { route, ...found, search: String(found.searchParams) }
  }

  return {
    find(method, path) {
      const known = METHODS.find(each => each === method)
      const found = known && match(known, path)
      if (found !== undefined) {
        requirePrintable(found.params)
        return { type: 'route', route: found.route, params: found.params, search: found.search }
      }
      const others = METHODS.filter(each => match(each, path) !== undefined)
      if (others.length === 0) return { type: 'unknown' }
      return { type: 'other-methods', allow: ['OPTIONS', ...others].join(',') }
    },
  }
}

function isTemplate(path: string): boolean {
  return path.includes(':') || path.endsWith('*')
}

function notDecodable(path: string): Fault {
  return new Fault('invalid', `Invalid URL path: ${JSON.stringify(path)} is not percent-encoded UTF-8`)
}

function requirePrintable(params: Params): void {
  for (const key in params) {
    if (UNPRINTABLE.test(params[key] ?? '')) {
      throw new Fault('invalid', 'Invalid URL path: it contains characters that cannot be printed')
    }
  }
}
