// Where downloaded things (the Envoy binary, Envoy's API descriptors) live between runs. Nothing in it is precious.
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The cache folder: `$ISTHMUS_CACHE`, else `$XDG_CACHE_HOME/isthmus`, else `~/.cache/isthmus`. It may not exist yet. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  if (env.ISTHMUS_CACHE) return env.ISTHMUS_CACHE
  if (env.XDG_CACHE_HOME) return join(env.XDG_CACHE_HOME, 'isthmus')
  return join(homedir(), '.cache', 'isthmus')
}
