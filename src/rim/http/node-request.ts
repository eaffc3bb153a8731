// A request of node:http as the API takes it. What most requests never need, the signal and the body, is made on demand.

import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import { Fault } from '../../core/model/fault.ts'
import type { HttpRequest } from './message.ts'

/** A reason made once: the default one is an error with a stack, made anew each time. */
const NOBODY_WAITS = new Error('nobody waits for the answer any more')

export class NodeRequest implements HttpRequest {
  readonly isForwarded = false
  readonly #incoming: IncomingMessage
  readonly #response: ServerResponse
  readonly #open: Set<NodeRequest>
  #abort: AbortController | undefined

  /** `open` holds the requests that somebody may want to abort. */
  constructor(incoming: IncomingMessage, response: ServerResponse, open: Set<NodeRequest>) {
    this.#incoming = incoming
    this.#response = response
    this.#open = open
  }

  get method(): string {
    return this.#incoming.method ?? ''
  }

  get path(): string {
    return this.#incoming.url ?? ''
  }

  get headers(): IncomingHttpHeaders {
    return this.#incoming.headers
  }

  get signal(): AbortSignal {
    if (this.#abort === undefined) {
      this.#abort = new AbortController()
      this.#open.add(this)
      this.#response.once('close', () => this.#closed())
      if (this.#response.destroyed) this.#closed()
    }
    return this.#abort.signal
  }

  abort(): void {
    this.#open.delete(this)
    this.#abort?.abort(NOBODY_WAITS)
  }

  #closed(): void {
    if (this.#response.writableFinished) this.#open.delete(this)
    else this.abort()
  }

  body(limit: number): Promise<Buffer> {
    const announced = Number(this.#incoming.headers['content-length'] ?? 0)
    if (announced > limit) return Promise.reject(tooLarge(announced, limit))
    return new Promise((resolve, reject) => {
      const chunks: Buffer[] = []
      let size = 0
      this.#incoming.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size > limit) reject(tooLarge(size, limit))
        else chunks.push(chunk)
      })
      this.#incoming.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
      this.#incoming.on('error', cause =>
        reject(new Fault('invalid', 'the request ended before its body did', { cause })),
      )
    })
  }
}

function tooLarge(size: number, limit: number): Fault {
  return new Fault('too-large', `Request body too large: ${size} bytes or more; at most ${limit} are taken`)
}
