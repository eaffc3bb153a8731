// A lean HTTP client for loads: keep-alive connections on bare sockets, one request at a time on each.

import { connect, type Socket } from 'node:net'

export interface RawAnswer {
  readonly status: number
  readonly body: Buffer
}

export interface RawHttpOptions {
  readonly port: number
  readonly connections: number
}

interface Pending {
  readonly bytes: Buffer
  resolve(answer: RawAnswer): void
  reject(error: Error): void
}

export class RawHttp {
  readonly #options: RawHttpOptions
  readonly #idle: Connection[] = []
  readonly #all = new Set<Connection>()
  readonly #waiting: Pending[] = []

  constructor(options: RawHttpOptions) {
    this.#options = options
  }

  /** Sends a request on the next free connection. Rejects when the connection breaks; the next request opens another. */
  request(method: string, path: string, body?: unknown): Promise<RawAnswer> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ bytes: requestBytes(method, path, body), resolve, reject })
      this.#pump()
    })
  }

  /** Sends a request whose answer must be a success, and reads its JSON. */
  async json(method: string, path: string, body?: unknown): Promise<unknown> {
    const answer = await this.request(method, path, body)
    const text = answer.body.toString('utf8')
    if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 300)}`)
    return text === '' ? undefined : JSON.parse(text)
  }

  close(): void {
    for (const connection of this.#all) connection.close()
  }

  #pump(): void {
    while (this.#waiting.length > 0) {
      const connection = this.#free() ?? this.#open()
      const pending = connection && this.#waiting.shift()
      if (connection === undefined || pending === undefined) return
      connection.send(pending.bytes, {
        done: answer => {
          this.#idle.push(connection)
          pending.resolve(answer)
          this.#pump()
        },
        failed: error => {
          this.#all.delete(connection)
          pending.reject(error)
          this.#pump()
        },
      })
    }
  }

  /** A connection without a request; those the server has closed meanwhile are dropped. */
  #free(): Connection | undefined {
    for (;;) {
      const connection = this.#idle.pop()
      if (connection === undefined || connection.isOpen) return connection
      this.#all.delete(connection)
    }
  }

  #open(): Connection | undefined {
    if (this.#all.size >= this.#options.connections) return undefined
    const connection = new Connection(this.#options.port)
    this.#all.add(connection)
    return connection
  }
}

/** The bytes of a request, so that a load can prepare them. */
export function requestBytes(method: string, path: string, body?: unknown): Buffer {
  const content = body === undefined ? '' : JSON.stringify(body)
  const length = body === undefined ? '' : `Content-Length: ${Buffer.byteLength(content)}\r\n`
  return Buffer.from(`${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${length}\r\n${content}`)
}

/** The length of an answer that comes in chunks. */
const CHUNKED = Number.POSITIVE_INFINITY

interface Listener {
  done(answer: RawAnswer): void
  failed(error: Error): void
}

/** One connection, one request at a time. */
export class Connection {
  readonly #socket: Socket
  #listener: Listener | undefined
  #chunks: Buffer[] = []
  #size = 0
  /** Bytes of the whole answer once its head is read; 0 before. */
  #expected = 0

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', chunk => this.#take(chunk))
    this.#socket.on('error', error => this.#fail(error))
    this.#socket.on('close', () => this.#fail(new Error('the connection was closed')))
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && !this.#socket.readableEnded
  }

  send(bytes: Buffer, listener: Listener): void {
    this.#listener = listener
    this.#socket.write(bytes)
  }

  close(): void {
    this.#listener = undefined
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    this.#chunks.push(chunk)
    this.#size += chunk.length
    if (this.#expected === 0) this.#expected = lengthByHead(this.#joined())
    const isWhole = this.#expected === CHUNKED ? endsChunked(chunk) : this.#expected > 0 && this.#size >= this.#expected
    if (isWhole) this.#finish()
  }

  #joined(): Buffer {
    if (this.#chunks.length > 1) this.#chunks = [Buffer.concat(this.#chunks)]
    return this.#chunks[0] ?? Buffer.alloc(0)
  }

  #finish(): void {
    const answer = new LazyAnswer(this.#chunks, this.#expected === CHUNKED)
    this.#chunks = []
    this.#size = 0
    this.#expected = 0
    const listener = this.#listener
    this.#listener = undefined
    listener?.done(answer)
  }

  #fail(error: Error): void {
    this.#socket.destroy()
    const listener = this.#listener
    this.#listener = undefined
    listener?.failed(error)
  }
}

/** Loads mostly look at the status only; joining the parts of a large answer would cost them more than receiving it. */
class LazyAnswer implements RawAnswer {
  readonly #chunks: readonly Buffer[]
  readonly #isChunked: boolean
  #joined: Buffer | undefined

  constructor(chunks: readonly Buffer[], isChunked: boolean) {
    this.#chunks = chunks
    this.#isChunked = isChunked
  }

  get status(): number {
    return Number(this.#chunks[0]?.toString('latin1', 9, 12))
  }

  get body(): Buffer {
    const whole = this.#whole
    const body = whole.subarray(whole.indexOf('\r\n\r\n') + 4)
    return this.#isChunked ? unchunked(body) : body
  }

  get #whole(): Buffer {
    this.#joined ??= Buffer.concat(this.#chunks)
    return this.#joined
  }

  header(name: string): string {
    const head = this.#whole.toString('latin1', 0, this.#whole.indexOf('\r\n\r\n'))
    return new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1]?.trim() ?? ''
  }
}

/** A header of an answer; '' when it has none. */
export function headerOf(answer: RawAnswer, name: string): string {
  return answer instanceof LazyAnswer ? answer.header(name) : ''
}

/** Length of an answer by its head; 0 while the head is not whole. */
function lengthByHead(start: Buffer): number {
  const end = start.indexOf('\r\n\r\n')
  if (end < 0) return 0
  const head = start.toString('latin1', 0, end)
  const length = /^content-length: *(\d+)/im.exec(head)
  if (length !== null) return end + 4 + Number(length[1])
  return /^transfer-encoding: *chunked/im.test(head) ? CHUNKED : end + 4
}

function endsChunked(chunk: Buffer): boolean {
  return chunk.length >= 5 && chunk.toString('latin1', chunk.length - 5) === '0\r\n\r\n'
}

function unchunked(body: Buffer): Buffer {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const lineEnd = body.indexOf('\r\n', at)
    const size = Number.parseInt(body.toString('latin1', at, lineEnd), 16)
    if (lineEnd < 0 || !(size > 0)) return Buffer.concat(parts)
    parts.push(body.subarray(lineEnd + 2, lineEnd + 2 + size))
    at = lineEnd + 2 + size + 2
  }
}
