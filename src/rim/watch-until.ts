// Waits for a query to have a value that will do.

import type { Store } from '../core/store/store.ts'
import type { Query } from '../core/store/view.ts'

export interface UntilOptions {
  readonly waitMs: number
  readonly signal: AbortSignal
}

/** The value as soon as `accept` takes it, or as it is when the time is over or the signal aborts. */
export function watchUntil<A, R>(
  store: Store,
  query: Query<A, R>,
  arg: A,
  accept: (value: R) => boolean,
  options: UntilOptions,
): Promise<R> {
  return new Promise((resolve, reject) => {
    const watch = store.watch(query, arg, () => queueMicrotask(() => look(false)))
    const onTime = () => look(true)
    const timer = setTimeout(onTime, options.waitMs)
    options.signal.addEventListener('abort', onTime, { once: true })
    let isDone = false

    function look(isOver: boolean): void {
      if (isDone) return
      try {
        const { value } = watch.current()
        if (!isOver && !accept(value)) return
        end(() => resolve(value))
      } catch (error) {
        end(() => reject(error))
      }
    }

    function end(settle: () => void): void {
      isDone = true
      clearTimeout(timer)
      options.signal.removeEventListener('abort', onTime)
      watch.close()
      settle()
    }

    look(options.signal.aborted)
  })
}
