// The engines that keep rows, as configured.

import { join } from 'node:path'
import type { Engine } from '../rim/engine/engine.ts'
import { MemoryEngine } from '../rim/engine/memory.ts'
import { SqliteEngine } from '../rim/engine/sqlite.ts'
import { SqliteThread } from '../rim/engine/sqlite-thread.ts'
import type { Settings } from './settings.ts'

export interface Engines {
  /** An engine on a file of the data folder, or in memory. */
  on(file: string): Engine
  /** To be called when all engines are closed. */
  close(): Promise<void>
}

/** What engines of this agent share: nothing in memory, a thread for files. */
export function openEngines({ engine, dataDir }: Settings): Engines {
  if (engine === 'memory') return { on: () => new MemoryEngine(), close: async () => {} }
  const thread = new SqliteThread()
  return { on: file => new SqliteEngine(thread, join(dataDir, file)), close: () => thread.close() }
}
