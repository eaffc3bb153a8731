// A check whose application reports its own status: it turns critical when the application falls silent.

import type { Status } from '../../core/model/check.ts'
import type { WaitClock } from '../watch.ts'
import type { ProbeResult } from './probe.ts'

export interface TtlCheckOptions {
  readonly ttlMs: number
  readonly outputMaxSize: number
  readonly clock: WaitClock
  report(result: ProbeResult): void
}

/** Counts down from its start and from every update. */
export class TtlCheck {
  readonly #options: TtlCheckOptions
  readonly #signal: AbortSignal
  #lastOutput = ''
  #cancel = () => {}

  constructor(options: TtlCheckOptions, signal: AbortSignal) {
    this.#options = options
    this.#signal = signal
    signal.addEventListener('abort', () => this.#cancel(), { once: true })
    this.#countDown()
  }

  /** What the application says of itself; ignored once the check is stopped. */
  update(status: Status, output: string): void {
    if (this.#signal.aborted) return
    this.#lastOutput = headOf(output, this.#options.outputMaxSize)
    this.#options.report({ status, output: this.#lastOutput })
    this.#countDown()
  }

  #countDown(): void {
    this.#cancel()
    if (this.#signal.aborted) return
    this.#cancel = this.#options.clock.after(this.#options.ttlMs, () => this.#expire())
  }

  #expire(): void {
    const last = this.#lastOutput
    const output = last === '' ? 'TTL expired' : `TTL expired (last output before timeout follows): ${last}`
    this.#options.report({ status: 'critical', output })
  }
}

/** The first `size` bytes of a text, without cutting a character in half. */
function headOf(text: string, size: number): string {
  const bytes = Buffer.from(text)
  if (bytes.length <= size) return text
  let end = size
  while (end > 0 && (bytes[end]! & 0xc0) === 0x80) end--
  return `${bytes.toString('utf8', 0, end)} ... (captured ${size} of ${bytes.length} bytes)`
}
