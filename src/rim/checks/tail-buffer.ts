// The end of a long output: keeps the last bytes and forgets the rest, so that a talkative target costs no memory.

/** Collects chunks and keeps at most the last `size` bytes of them. */
export class TailBuffer {
  readonly #size: number
  #chunks: Buffer[] = []
  #kept = 0
  #total = 0

  constructor(size: number) {
    this.#size = size
  }

  push(chunk: Buffer): void {
    const tail = chunk.subarray(Math.max(0, chunk.length - this.#size))
    this.#chunks.push(tail)
    this.#kept += tail.length
    this.#total += chunk.length
    if (this.#kept > this.#size * 2) this.#chunks = [this.#join()]
  }

  /** All bytes ever pushed. */
  get total(): number {
    return this.#total
  }

  /** What is kept, as text. */
  toString(): string {
    const tail = this.#join()
    // A character cut in half at the start would be shown as a replacement character.
    const start = this.#total > tail.length ? tail.findIndex(byte => (byte & 0xc0) !== 0x80) : 0
    return tail.toString('utf8', Math.max(0, start))
  }

  #join(): Buffer {
    const joined = Buffer.concat(this.#chunks)
    const tail = joined.subarray(Math.max(0, joined.length - this.#size))
    this.#kept = tail.length
    return tail
  }
}
