// The engine that keeps rows, as configured.

import { join } from 'node:path'
import type { Engine } from '../rim/engine/engine.ts'
import { MemoryEngine } from '../rim/engine/memory.ts'
import { SqliteEngine } from '../rim/engine/sqlite.ts'
import type { Settings } from './settings.ts'

/** An engine on a file of the data folder, or in memory. */
export function openEngine(settings: Settings, file: string): Engine {
  return settings.engine === 'memory' ? new MemoryEngine() : new SqliteEngine(join(settings.dataDir, file))
}
