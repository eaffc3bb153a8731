// Counts the connections of each client address and closes those above the limit.

import type { Socket } from 'node:net'

const REFUSAL =
  'HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n' +
  'Your IP is issuing too many concurrent connections, please rate limit your calls\n'

export class ConnectionLimit {
  readonly #max: number
  readonly #counts = new Map<string, number>()

  /** `max` connections an address; 0 is no limit. */
  constructor(max: number) {
    this.#max = max
  }

  /** Counts a new connection until it closes, or refuses it. Unix sockets have no address and are not counted. */
  admit(socket: Socket): void {
    const address = socket.remoteAddress
    if (address === undefined || this.#max === 0) return
    const count = (this.#counts.get(address) ?? 0) + 1
    if (count > this.#max) {
      socket.end(REFUSAL)
      socket.destroySoon()
      return
    }
    this.#counts.set(address, count)
    socket.once('close', () => this.#release(address))
  }

  #release(address: string): void {
    const count = (this.#counts.get(address) ?? 1) - 1
    if (count === 0) this.#counts.delete(address)
    else this.#counts.set(address, count)
  }
}
