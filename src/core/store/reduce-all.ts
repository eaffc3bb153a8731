// Several commands as one: all of them happen, or none.

import type { Command } from './commands.ts'
import { Overlay } from './overlay.ts'
import { reduce } from './reduce.ts'
import { done, type Reduced } from './reduced.ts'
import type { Write } from './store.ts'
import type { State } from './view.ts'

/** Folds commands in order, each upon what those before it did. The first refusal refuses all. */
export function reduceAll(state: State, commands: readonly Command[]): Reduced {
  const overlay = new Overlay(state)
  const writes = new Map<string, Write>()
  for (const command of commands) {
    const reduced = reduce(overlay, command)
    if (!reduced.ok) return reduced
    overlay.add(reduced.writes)
    for (const write of reduced.writes) writes.set(`${write.table}\u0000${write.key}`, write)
  }
  return done([...writes.values()])
}
