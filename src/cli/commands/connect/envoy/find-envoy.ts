// The Envoy binary to run, and whether it can do what our configuration asks of it.

import { Fault } from '../../../../core/model/fault.ts'
import { envoyVersion, locateEnvoy } from '../../../../rim/envoy/locate-envoy.ts'
import type { EnvoyFlagValues } from './bootstrap-params.ts'

/** Incremental ADS with everything our resources use works from this release on. */
const OLDEST = { major: 1, minor: 22 }

/** The path of the binary. Throws Fault('not-found' | 'unsupported') with what to do. */
export async function findEnvoy(flags: EnvoyFlagValues, env: NodeJS.ProcessEnv): Promise<string> {
  const path = flags['envoy-binary'] || (await locateEnvoy(env))?.path
  if (path === undefined) {
    const how = 'Install it, put it on PATH, or name it with -envoy-binary or ENVOY_BIN'
    throw new Fault('not-found', `no Envoy found. ${how}; -bootstrap prints the configuration without one`)
  }
  if (!flags['ignore-envoy-compatibility']) refuseOld(path, await envoyVersion(path))
  return path
}

/** Throws Fault('unsupported') for a release older than the oldest that works; there is no newest. */
export function refuseOld(path: string, version: string): void {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  if (major > OLDEST.major || (major === OLDEST.major && minor >= OLDEST.minor)) return
  const oldest = `${OLDEST.major}.${OLDEST.minor}`
  throw new Fault(
    'unsupported',
    `Envoy ${version} at ${path} is too old; ${oldest} or any newer release works. -ignore-envoy-compatibility runs it all the same`,
  )
}
