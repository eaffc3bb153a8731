// What the API takes and gives, apart from any transport: a socket, a test and another datacenter all bring requests.

import { reindentJson } from '../../lib/json-text.ts'

export interface HttpRequest {
  readonly method: string
  /** The path with its query, as it was sent. */
  readonly path: string
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** A server of another datacenter passed it on; it is not passed on again. */
  readonly isForwarded: boolean
  /** A client agent passed it on; what concerns a single agent is not for it. */
  readonly isFromAgent?: boolean
  /** Aborts when nobody waits for the answer any more. */
  readonly signal: AbortSignal
  /** The body. Rejects with Fault('too-large') above `limit` bytes. */
  body(limit: number): Promise<Buffer>
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
}

/** A request on its way to another datacenter. */
export interface ForwardedRequest {
  readonly method: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  readonly signal: AbortSignal
}

/** The request that a server of another datacenter passed on. */
export function receivedRequest(request: ForwardedRequest): HttpRequest {
  const { method, path, headers, signal } = request
  return { method, path, headers, signal, isForwarded: true, body: async () => request.body }
}

const EMPTY = Buffer.alloc(0)
const JSON_TYPE = { 'Content-Type': 'application/json' }

/** An answer with a JSON body. */
export function jsonAnswer(
  value: unknown,
  options: { status?: number; pretty?: boolean; headers?: Readonly<Record<string, string>> } = {},
): HttpAnswer {
  return {
    status: options.status ?? 200,
    headers: options.headers === undefined ? JSON_TYPE : { ...JSON_TYPE, ...options.headers },
    body: Buffer.from(options.pretty ? `${JSON.stringify(value, null, 4)}\n` : JSON.stringify(value)),
  }
}

/** The same answer with its JSON laid out for people, and `end` after it; any other answer is left as it is. */
export function prettyAnswer(answer: HttpAnswer, end: string): HttpAnswer {
  if (answer.headers['Content-Type'] !== JSON_TYPE['Content-Type']) return answer
  return { ...answer, body: Buffer.from(reindentJson(answer.body.toString('utf8'), 4) + end) }
}

/** An answer with a plain sentence; what errors are told in. */
export function textAnswer(status: number, text: string, headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status, headers: { 'Content-Type': 'text/plain; charset=utf-8', ...headers }, body: Buffer.from(text) }
}

/** Done, and nothing to say. */
export function emptyAnswer(headers: Readonly<Record<string, string>> = {}): HttpAnswer {
  return { status: 200, headers, body: EMPTY }
}
