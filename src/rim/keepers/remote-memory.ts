// What other datacenters said last, kept on disk: an agent that is started again while they are out of reach gives its proxies
// what it gave them before.

import { readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Hex } from '../../lib/sha256.ts'
import type { Logger } from '../logger.ts'

export interface RemoteMemory {
  /** What was remembered under this name; undefined when nothing was. */
  recall(name: string): unknown
  /** Remembers a value, in place of the one before, soon. Failures are logged and lose nothing else. */
  remember(name: string, value: unknown): void
  /** Writes what is not written yet. */
  close(): Promise<void>
}

/** Values change with every health check somewhere; so often one is written at most. */
const WRITE_EVERY_MS = 1_000
const KEEP_MS = 30 * 86_400_000

/** For agents that keep nothing. */
export const noMemory: RemoteMemory = { recall: () => undefined, remember: () => {}, close: async () => {} }

/** Remembers in a folder, one file for each name. Forgets what nobody has renewed for a month. */
export function openRemoteMemory(folder: string, logger: Logger): RemoteMemory {
  forgetOld(folder)
  const pending = new Map<string, { value: unknown; timer: NodeJS.Timeout }>()
  const written = new Map<string, number>()
  let writing = Promise.resolve()

  const write = (name: string) => {
    const waiting = pending.get(name)
    if (waiting === undefined) return
    clearTimeout(waiting.timer)
    pending.delete(name)
    written.set(name, performance.now())
    const text = JSON.stringify({ name, value: waiting.value })
    writing = writing
      .then(() => writeWhole(folder, fileOf(name), text))
      .catch(error => logger.warn('cannot keep what another datacenter said', { folder, error }))
  }
  return {
    recall: name => read(join(folder, fileOf(name)), name),
    remember: (name, value) => {
      const known = pending.get(name)
      if (known !== undefined) {
        known.value = value
        return
      }
      const since = performance.now() - (written.get(name) ?? Number.NEGATIVE_INFINITY)
      const timer = setTimeout(() => write(name), Math.max(0, WRITE_EVERY_MS - since))
      pending.set(name, { value, timer })
    },
    close: async () => {
      for (const name of [...pending.keys()]) write(name)
      await writing
    },
  }
}

function fileOf(name: string): string {
  return `${sha256Hex(Buffer.from(name))}.json`
}

function read(path: string, name: string): unknown {
  try {
    const stored: unknown = JSON.parse(readFileSync(path, 'utf8'))
    const isOurs = typeof stored === 'object' && stored !== null && 'name' in stored && stored.name === name
    return isOurs && 'value' in stored ? stored.value : undefined
  } catch {
    // Missing or cut short: then nothing is known, as on the first day.
    return undefined
  }
}

/** Whole or not at all, whenever the process dies. */
async function writeWhole(folder: string, file: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const fresh = join(folder, `${file}.new`)
  await writeFile(fresh, text, { mode: 0o600 })
  await rename(fresh, join(folder, file))
}

function forgetOld(folder: string): void {
  try {
    for (const file of readdirSync(folder)) {
      const path = join(folder, file)
      if (Date.now() - statSync(path).mtimeMs > KEEP_MS) rmSync(path, { force: true })
    }
  } catch {
    // No folder yet.
  }
}
