// Writes answers to sockets: head and body in one go, compressed when that is wanted and worth it. What is derived from an
// answer (its head, its compressed body) is remembered with it, so an answer that is sent often is prepared once.

import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import type { HttpAnswer } from './message.ts'

/** Below this, compressing costs more than it saves. */
const WORTH_COMPRESSING = 1400
const STALLED_MS = 30_000
const COMPRESSION = { level: 5 }

const compress = promisify(gzip)

export class Sender {
  readonly #common: readonly string[]
  readonly #heads = new WeakMap<HttpAnswer, string[]>()
  readonly #compressed = new WeakMap<Buffer, Promise<Buffer>>()
  readonly #compressedAnswers = new WeakMap<HttpAnswer, HttpAnswer>()
  #isEnding = false

  constructor(headers: Readonly<Record<string, string>>) {
    this.#common = ['Vary', 'Accept-Encoding', ...Object.entries(headers).flat()]
  }

  /** From now on every connection is closed after its answer. */
  endConnections(): void {
    this.#isEnding = true
  }

  send(request: IncomingMessage, response: ServerResponse, answer: HttpAnswer): void {
    if (answer.body.length < WORTH_COMPRESSING || !takesGzip(request)) {
      this.#write(request, response, answer)
      return
    }
    const known = this.#compressedAnswers.get(answer)
    if (known !== undefined) this.#write(request, response, known)
    else void this.#gzipped(answer).then(made => this.#write(request, response, made))
  }

  #write(request: IncomingMessage, response: ServerResponse, answer: HttpAnswer): void {
    if (response.destroyed) return
    const endsConnection = this.#isEnding || isUnread(request)
    const head = this.#head(answer)
    response.writeHead(answer.status, endsConnection ? [...head, 'Connection', 'close'] : head)
    response.end(answer.body)
    if (response.writableNeedDrain) dropIfStalled(response)
  }

  #head(answer: HttpAnswer): string[] {
    const known = this.#heads.get(answer)
    if (known !== undefined) return known
    const own = Object.entries(answer.headers).flat()
    const head = [...own, ...this.#common, 'Content-Length', String(answer.body.length)]
    this.#heads.set(answer, head)
    return head
  }

  async #gzipped(answer: HttpAnswer): Promise<HttpAnswer> {
    let compressing = this.#compressed.get(answer.body)
    if (compressing === undefined) {
      compressing = compress(answer.body, COMPRESSION)
      this.#compressed.set(answer.body, compressing)
    }
    const headers = { ...answer.headers, 'Content-Encoding': 'gzip' }
    const made = { status: answer.status, headers, body: await compressing }
    this.#compressedAnswers.set(answer, made)
    return made
  }
}

/** Answered before its body came; a request without a body counts as incomplete while it is answered at once. */
function isUnread({ complete, headers }: IncomingMessage): boolean {
  return !complete && (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0)
}

function takesGzip(request: IncomingMessage): boolean {
  const accepted = request.headers['accept-encoding']
  return typeof accepted === 'string' && /\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))/i.test(accepted)
}

/** A client that does not read may not hold an answer in memory for ever. */
function dropIfStalled(response: ServerResponse): void {
  const timer = setTimeout(() => response.destroy(), STALLED_MS)
  response.once('close', () => clearTimeout(timer))
}
