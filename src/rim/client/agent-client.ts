// A client of an agent's HTTP API: one request, one connection, as short-lived commands need it.

import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { Fault, type FaultCode } from '../../core/model/fault.ts'
import type { JsonValue } from '../../lib/json-value.ts'
import type { ClientOptions } from './client-options.ts'
import { contactFailure, silence } from './contact-failure.ts'

const SILENCE_LIMIT_MS = 60_000

export interface AgentRequest {
  readonly method?: 'GET' | 'PUT' | 'POST' | 'DELETE'
  /** Absolute, already escaped; see `apiPath`. */
  readonly path: string
  /** Undefined and empty values are left out; a list repeats the parameter. */
  readonly query?: Readonly<Record<string, string | readonly string[] | undefined>>
  readonly body?: JsonValue
}

export interface AgentResponse {
  readonly status: number
  readonly text: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>
}

export interface AgentClient {
  readonly options: ClientOptions
  /** Any answer, whatever its status. Throws Fault('unavailable' | 'timeout') when there is none. */
  send(request: AgentRequest): Promise<AgentResponse>
  /** An answer of status 2xx; any other is thrown as a Fault that carries Consul's text for it. */
  call(request: AgentRequest): Promise<AgentResponse>
  /** The JSON value of a 2xx answer. */
  json(request: AgentRequest): Promise<unknown>
  /** The same with the text it was read from, which keeps 64-bit integers whole. */
  document(request: AgentRequest): Promise<{ readonly text: string; readonly value: unknown }>
}

export function createAgentClient(options: ClientOptions): AgentClient {
  const send = (request: AgentRequest) => sendRequest(options, request)
  const call = async (request: AgentRequest) => accept(await send(request))
  const document = async (request: AgentRequest) => {
    const { text } = await call(request)
    return { text, value: parseAnswer(request.path, text) }
  }
  const json = async (request: AgentRequest) => (await document(request)).value
  return { options, send, call, json, document }
}

/** Joins path segments, escaping each: `apiPath('v1', 'agent', 'service', id)`. */
export function apiPath(...segments: readonly string[]): string {
  return `/${segments.map(encodeURIComponent).join('/')}`
}

/** The Fault for an answer outside 2xx. */
export function refusalOf(response: AgentResponse): Fault {
  const text = response.text.trim()
  return new Fault(codeOfStatus(response.status), `Unexpected response code: ${response.status} (${text})`)
}

function accept(response: AgentResponse): AgentResponse {
  if (response.status < 200 || response.status > 299) throw refusalOf(response)
  return response
}

function parseAnswer(path: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const message = `the agent's answer to ${path} is not JSON; does the address lead to an agent's HTTP API?`
    throw new Fault('unavailable', message, { cause: error })
  }
}

function codeOfStatus(status: number): FaultCode {
  if (status === 404) return 'not-found'
  if (status === 401 || status === 403) return 'denied'
  if (status === 400 || status === 405) return 'invalid'
  if (status === 409) return 'conflict'
  if (status === 413) return 'too-large'
  if (status === 429) return 'exhausted'
  return status === 503 ? 'unavailable' : 'internal'
}

async function sendRequest(options: ClientOptions, request: AgentRequest): Promise<AgentResponse> {
  const body = request.body === undefined ? undefined : JSON.stringify(request.body)
  const settings = await requestOptions(options, request, body)
  const start = options.address.scheme === 'https' ? (await import('node:https')).request : httpRequest

  return new Promise((resolve, reject) => {
    const outgoing = start(settings, incoming => {
      collect(incoming).then(resolve, error => reject(contactFailure(options, error)))
    })
    outgoing.setTimeout(SILENCE_LIMIT_MS, () => outgoing.destroy(silence(options, SILENCE_LIMIT_MS)))
    outgoing.on('error', error => reject(error instanceof Fault ? error : contactFailure(options, error)))
    outgoing.end(body)
  })
}

async function requestOptions(options: ClientOptions, request: AgentRequest, body?: string): Promise<RequestOptions> {
  const { address, token, basicAuth } = options
  return {
    agent: false,
    method: request.method ?? 'GET',
    path: address.pathPrefix + request.path + queryString({ ...options.query, ...request.query }),
    ...(address.socketPath === undefined
      ? { host: address.host, port: address.port }
      : { socketPath: address.socketPath }),
    headers: {
      Connection: 'close',
      ...(token === '' ? {} : { 'X-Consul-Token': token }),
      ...(body === undefined
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': String(Buffer.byteLength(body)) }),
    },
    ...(basicAuth === '' ? {} : { auth: basicAuth }),
    ...(address.scheme === 'https' ? tlsOptions(options) : {}),
  }
}

function tlsOptions({ tls, address }: ClientOptions): object {
  const isName = /[a-z]/i.test(address.host) && !address.host.includes(':')
  const servername = tls.serverName || (isName ? address.host : '')
  return {
    rejectUnauthorized: tls.verify,
    ...(tls.ca.length === 0 ? {} : { ca: tls.ca }),
    ...(tls.cert === undefined ? {} : { cert: tls.cert, key: tls.key }),
    ...(servername === '' ? {} : { servername }),
  }
}

function queryString(query: NonNullable<AgentRequest['query']>): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    (typeof value === 'string' ? [value] : (value ?? []))
      .filter(text => text !== '')
      .map(text => `${encodeURIComponent(name)}=${encodeURIComponent(text)}`),
  )
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

async function collect(incoming: IncomingMessage): Promise<AgentResponse> {
  const chunks: Buffer[] = []
  for await (const chunk of incoming) chunks.push(chunk as Buffer)
  const headers = Object.entries(incoming.headers).map(([name, value]) => [name, String(value)])
  return {
    status: incoming.statusCode ?? 0,
    text: Buffer.concat(chunks).toString('utf8'),
    headers: Object.fromEntries(headers),
  }
}
