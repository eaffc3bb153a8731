// Notices a feed that has come to a stop although its server answers otherwise.

import type { Mirror } from './mirror.ts'

/** So long nothing may come while something is owed. Longer than a server takes to give up a reader that does not read. */
const STUCK_MS = 40_000

export class FeedProgress {
  readonly #mirror: Pick<Mirror, 'position' | 'isCopying'>
  #movedAt: number

  /** Times are milliseconds of a clock that does not go back. */
  constructor(mirror: Pick<Mirror, 'position' | 'isCopying'>, now: number) {
    this.#mirror = mirror
    this.#movedAt = now
  }

  /** Something has come. */
  moved(now: number): void {
    this.#movedAt = now
  }

  /** Whether the feed has stopped short of what the server says it has. */
  isStuck(serverRevision: number, now: number): boolean {
    const isOwed = this.#mirror.isCopying || this.#mirror.position.revision < serverRevision
    if (!isOwed) this.#movedAt = now
    return now - this.#movedAt > STUCK_MS
  }
}
