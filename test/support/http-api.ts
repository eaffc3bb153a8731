// The HTTP API over loopback with a store and a memory engine behind it, and a small client for tests.

import type { AddressInfo } from 'node:net'
import type { Permission } from '../../src/core/acl/permission.ts'
import type { Route } from '../../src/core/api/define-route.ts'
import { explainRoutes } from '../../src/core/api/explain.ts'
import { ROUTES } from '../../src/core/api/index.ts'
import { Store } from '../../src/core/store/store.ts'
import type { Self } from '../../src/core/store/view.ts'
import { Committer } from '../../src/rim/engine/committer.ts'
import { MemoryEngine } from '../../src/rim/engine/memory.ts'
import { type Api, createApi } from '../../src/rim/http/api.ts'
import type { ApiDeps, Effect } from '../../src/rim/http/api-deps.ts'
import { emptyAnswer, type HttpAnswer, type HttpRequest } from '../../src/rim/http/message.ts'
import { type HttpServerOptions, startHttpServer } from '../../src/rim/http/server.ts'
import { systemWaitClock } from '../../src/rim/watch.ts'
import { TEST_SELF } from './catalog-rows.ts'

export interface TestAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; undefined when it is no JSON. */
  readonly json: unknown
}

export interface TestApi {
  readonly store: Store
  readonly committer: Committer
  readonly address: AddressInfo
  readonly bugs: readonly unknown[]
  /** Permissions asked for, in order, with the token. */
  readonly asked: readonly (readonly [readonly Permission[], string])[]
  call(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<TestAnswer>
  close(): Promise<void>
}

/** The routes of an agent, those it loads late among them. */
export const ALL_ROUTES: readonly Route[] = [...ROUTES, ...explainRoutes]

type Overrides = Partial<ApiDeps> & { self?: Partial<Self>; server?: Partial<HttpServerOptions> }

/** Starts the API on a free port of loopback. Every effect that is not given answers with an empty body. */
export async function startTestApi(overrides: Overrides = {}): Promise<TestApi> {
  const { self, server: serverOptions, ...deps } = overrides
  const store = deps.store ?? new Store({ ...TEST_SELF, ...self })
  const committer = new Committer(store, new MemoryEngine())
  await committer.start()
  const bugs: unknown[] = []
  const asked: (readonly [readonly Permission[], string])[] = []
  const routes = deps.routes ?? ALL_ROUTES
  const api = createApi({
    store,
    committer,
    routes,
    authorize: (permissions, token) => asked.push([permissions, token]),
    forward: async (): Promise<HttpAnswer> => emptyAnswer(),
    translateWanAddresses: false,
    alwaysPretty: false,
    clock: systemWaitClock,
    now: Date.now,
    freshId: () => crypto.randomUUID(),
    onBug: error => bugs.push(error),
    ...deps,
    effects: { ...idleEffects(routes), ...deps.effects },
  })
  const server = await startHttpServer({
    api,
    listen: [{ type: 'tcp', host: '127.0.0.1', port: 0 }],
    maxConnectionsPerClient: 0,
    headers: { 'X-Consul-Default-Acl-Policy': 'allow' },
    ...serverOptions,
  })
  const address = server.addresses[0]
  if (typeof address !== 'object') throw new Error('not a TCP listener')
  const base = `http://127.0.0.1:${address.port}`
  return {
    store,
    committer,
    address,
    bugs,
    asked,
    call: (method, path, body, headers) => call(base, method, path, body, headers),
    close: async () => {
      await server.close()
      await committer.close()
    },
  }
}

/** A store in datacenter dc1. */
export function storeOf(self: Partial<Self> = {}): Store {
  return new Store({ ...TEST_SELF, ...self })
}

/** The API on a store without sockets. */
export function createTestApi(store: Store): Api {
  return createApi({
    store,
    committer: new Committer(store, new MemoryEngine()),
    routes: ALL_ROUTES,
    authorize: () => {},
    forward: async (): Promise<HttpAnswer> => emptyAnswer(),
    translateWanAddresses: false,
    alwaysPretty: false,
    clock: systemWaitClock,
    now: Date.now,
    freshId: () => crypto.randomUUID(),
    onBug: error => {
      throw error
    },
    effects: idleEffects(ALL_ROUTES),
  })
}

/** A request as if a client had sent it. */
export function testRequest(
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpRequest {
  const { signal } = new AbortController()
  const bytes = Buffer.from(body === undefined ? '' : JSON.stringify(body))
  return { method, path, headers, isForwarded: false, signal, body: async () => bytes }
}

async function call(
  base: string,
  method: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<TestAnswer> {
  const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body)
  const answer = await fetch(base + path, { method, headers, ...(text === undefined ? {} : { body: text }) })
  const got = await answer.text()
  return { status: answer.status, headers: answer.headers, text: got, json: parsed(got) }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function idleEffects(routes: readonly Route[]): Record<string, Effect> {
  const names = routes.flatMap(route => (route.type === 'effect' ? [route.effect] : []))
  return Object.fromEntries(names.map(name => [name, async () => emptyAnswer()]))
}
