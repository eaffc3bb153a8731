// Where downloaded things live between runs, and how a directory appears there whole or not at all.
import { mkdirSync, renameSync, rmSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'

/** The cache root: $ISTHMUS_CACHE, else $XDG_CACHE_HOME/isthmus, else ~/.cache/isthmus. */
export function cacheRoot(env = process.env) {
  if (env.ISTHMUS_CACHE) return env.ISTHMUS_CACHE
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'isthmus')
  return join(homedir(), '.cache', 'isthmus')
}

/**
 * Fills a new directory beside `target` and moves it into place, replacing what was there. An interrupted
 * run leaves `target` as it was.
 * @param {string} target
 * @param {(directory: string) => void} fill
 */
export function replaceDirectory(target, fill) {
  const fresh = `${target}.new-${process.pid}`
  const old = `${target}.old-${process.pid}`
  mkdirSync(dirname(target), { recursive: true })
  rmSync(fresh, { recursive: true, force: true })
  mkdirSync(fresh)
  try {
    fill(fresh)
    moveAside(target, old)
    renameSync(fresh, target)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
    rmSync(old, { recursive: true, force: true })
  }
}

/**
 * @param {string} from
 * @param {string} to
 */
function moveAside(from, to) {
  try {
    renameSync(from, to)
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'ENOENT') throw error
  }
}
