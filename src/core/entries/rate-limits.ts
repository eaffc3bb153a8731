// RateLimits of service-defaults: how many requests each instance of a service takes.

import { type Infer, type Issue, int, list, string, withDefault } from '../../lib/schema.ts'
import { pathForms } from './http-path.ts'
import { patternProblem } from './http-pattern.ts'
import { sparse } from './sparse.ts'

const rates = {
  RequestsPerSecond: withDefault(int({ min: 0 }), 0),
  RequestsMaxBurst: withDefault(int({ min: 0 }), 0),
} as const

const route = sparse({ PathExact: string(), PathPrefix: string(), PathRegex: string(), ...rates })

const UNLIMITED = { RequestsPerSecond: 0, RequestsMaxBurst: 0 }

export const rateLimits = sparse({ InstanceLevel: withDefault(sparse({ ...rates, Routes: list(route) }), UNLIMITED) })

export type RateLimits = Infer<typeof rateLimits>

/** A burst needs a rate, and a route needs exactly one form of path. */
export function checkRateLimits(limits: RateLimits | undefined): Issue[] {
  if (limits === undefined) return []
  const instance = limits.InstanceLevel
  const path = 'RateLimits.InstanceLevel'
  const issues = [...checkBurst(path, instance)]
  for (const [i, each] of (instance.Routes ?? []).entries()) {
    issues.push(...checkBurst(`${path}.Routes[${i}]`, each))
    if (pathForms(each).length !== 1) {
      const message = 'Route must define exactly one of PathExact, PathPrefix, or PathRegex'
      issues.push({ path: `${path}.Routes[${i}]`, message })
    }
    const pattern = patternProblem(each.PathRegex)
    if (pattern !== undefined) issues.push({ path: `${path}.Routes[${i}].PathRegex`, message: pattern })
  }
  return issues
}

function checkBurst(path: string, limit: { RequestsPerSecond: number; RequestsMaxBurst: number }): Issue[] {
  const { RequestsPerSecond: rate, RequestsMaxBurst: burst } = limit
  if (burst === 0 || (burst >= rate && rate > 0)) return []
  const message = `RequestsMaxBurst ${burst} needs a RequestsPerSecond of 1 to ${burst}, got ${rate}`
  return [{ path: `${path}.RequestsMaxBurst`, message }]
}
