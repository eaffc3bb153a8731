// Finds the Envoy binary to run: the one the user names, the one on PATH, or the one the set-up has put into the cache.
// Fetching it is the set-up's work (tools/install-envoy.ts); which release it fetches is decided here.
import { execFile } from 'node:child_process'
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'
import { Fault } from '../../core/model/fault.ts'
import { cacheRoot } from '../cache-root.ts'

/** The Envoy release the set-up fetches when the machine has none. */
export const envoyRelease = '1.40.0'

export interface EnvoyBinary {
  readonly path: string
  /** What decided: the environment variable, the search path, or the cache of the set-up. */
  readonly source: 'ENVOY_BIN' | 'PATH' | 'cache'
}

/**
 * The Envoy binary: `$ENVOY_BIN`, else `envoy` on `$PATH`, else the cached release. Undefined when there is none.
 * Throws a `not-found` Fault when `$ENVOY_BIN` names something that cannot be run, rather than silently using another.
 */
export async function locateEnvoy(env: NodeJS.ProcessEnv = process.env): Promise<EnvoyBinary | undefined> {
  if (env.ENVOY_BIN) {
    if (await isExecutable(env.ENVOY_BIN)) return { path: env.ENVOY_BIN, source: 'ENVOY_BIN' }
    throw new Fault('not-found', `ENVOY_BIN: ${JSON.stringify(env.ENVOY_BIN)} is not an executable file`)
  }

  for (const folder of (env.PATH ?? '').split(delimiter)) {
    const path = join(folder, 'envoy')
    if (folder && (await isExecutable(path))) return { path, source: 'PATH' }
  }

  const path = cachedEnvoyPath(env)
  return (await isExecutable(path)) ? { path, source: 'cache' } : undefined
}

/** Where the set-up puts the Envoy binary of `envoyRelease` for this machine's platform. It may not exist. */
export function cachedEnvoyPath(env: NodeJS.ProcessEnv = process.env): string {
  return join(cacheRoot(env), `envoy-${envoyRelease}-${process.platform}-${process.arch}`, 'envoy')
}

/** The release of an Envoy binary, such as `1.40.0`, as the binary itself reports it. Throws `unavailable` if it does not. */
export async function envoyVersion(path: string): Promise<string> {
  const output = await promisify(execFile)(path, ['--version'], { timeout: 20_000 }).then(
    result => result.stdout,
    cause => {
      throw new Fault('unavailable', `${path} --version failed: ${cause instanceof Error ? cause.message : cause}`, {
        cause,
      })
    },
  )
  const release = /version: [0-9a-f]+\/([^/\s]+)\//.exec(output)?.[1]
  if (!release) throw new Fault('unavailable', `${path} --version does not look like Envoy's: ${output.trim()}`)
  return release
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
