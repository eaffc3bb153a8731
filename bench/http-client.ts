// The load generator of the HTTP bench: a process of its own that sends requests over keep-alive sockets for a while, reads the
// answers by Content-Length, and prints one JSON line with what it counted.

import { connect, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'

/** What to send; the parent writes it to standard input as JSON. */
export interface LoadPlan {
  readonly port: number
  readonly connections: number
  readonly durationMs: number
  /** Requests to repeat in turn, each a whole HTTP/1.1 message. */
  readonly requests: readonly string[]
  /** Send each request once and wait for all answers, instead of repeating for a while. */
  readonly once?: boolean
}

export interface LoadResult {
  readonly answers: number
  readonly seconds: number
  readonly bytes: number
  /** Answers whose status was not 200. */
  readonly failures: number
  readonly p50Ms: number
  readonly p99Ms: number
  /** When each answer was complete, in milliseconds of the wall clock; only for `once`. */
  readonly answeredAt: readonly number[]
}

class Client {
  readonly #plan: LoadPlan
  readonly #socket: Socket
  readonly #onAnswer: (bytes: number, ms: number, ok: boolean) => void
  #next: number
  #head = ''
  #remaining = -1
  #sentAt = 0
  #ok = false
  #size = 0

  constructor(plan: LoadPlan, first: number, onAnswer: (bytes: number, ms: number, ok: boolean) => void) {
    this.#plan = plan
    this.#next = first
    this.#onAnswer = onAnswer
    this.#socket = connect({ port: plan.port, host: '127.0.0.1', noDelay: true })
    this.#socket.on('data', chunk => this.#take(chunk))
    this.#socket.on('error', error => {
      process.stderr.write(`${error.message}\n`)
    })
  }

  send(): void {
    const { requests } = this.#plan
    this.#sentAt = performance.now()
    this.#socket.write(requests[this.#next % requests.length] ?? '')
    this.#next += this.#plan.connections
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(chunk: Buffer): void {
    let body = chunk.length
    if (this.#remaining < 0) {
      const seen = this.#head.length
      this.#head += chunk.toString('latin1', 0, Math.min(chunk.length, 4096))
      const end = this.#head.indexOf('\r\n\r\n')
      if (end === -1) return
      this.#ok = this.#head.startsWith('200', 9)
      this.#remaining = Number(/content-length: (\d+)/i.exec(this.#head)?.[1] ?? 0)
      this.#size = this.#remaining + end + 4
      body = chunk.length - (end + 4 - seen)
    }
    this.#remaining -= body
    if (this.#remaining > 0) return
    this.#remaining = -1
    this.#head = ''
    this.#onAnswer(this.#size, performance.now() - this.#sentAt, this.#ok)
  }
}

async function run(plan: LoadPlan): Promise<LoadResult> {
  const times: number[] = []
  const answeredAt: number[] = []
  let bytes = 0
  let failures = 0
  const startedAt = performance.now()
  await new Promise<void>(resolve => {
    const clients: Client[] = []
    let isOver = false
    const end = () => {
      isOver = true
      // Held requests are answered when the parent reads its clock; closing them would be counted in.
      if (!plan.once) for (const client of clients) client.close()
      resolve()
    }
    for (let i = 0; i < plan.connections; i++) {
      const client = new Client(plan, i, (size, ms, ok) => {
        if (isOver) return
        times.push(ms)
        bytes += size
        if (!ok) failures += 1
        if (!plan.once) return client.send()
        answeredAt.push(Date.now())
        if (answeredAt.length === plan.connections) end()
      })
      clients.push(client)
      client.send()
    }
    setTimeout(end, plan.durationMs)
  })
  const seconds = (performance.now() - startedAt) / 1000
  times.sort((a, b) => a - b)
  const at = (share: number) => Math.round((times[Math.floor(times.length * share)] ?? 0) * 1000) / 1000
  return { answers: times.length, seconds, bytes, failures, p50Ms: at(0.5), p99Ms: at(0.99), answeredAt }
}

const plan: LoadPlan = JSON.parse(await text(process.stdin))
process.stdout.write(`${JSON.stringify(await run(plan))}\n`)
process.exit(0)
