import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { cachedEnvoyPath, envoyVersion, locateEnvoy } from './locate-envoy.ts'

const folder = mkdtempSync(join(tmpdir(), 'isthmus-envoy-'))
afterAll(() => rmSync(folder, { recursive: true }))

const versionLine = 'envoy  version: 0123abcd/1.40.0/Clean/RELEASE/BoringSSL'

function script(path: string, text: string): string {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, `#!/bin/sh\n${text}\n`)
  chmodSync(path, 0o755)
  return path
}

const named = script(join(folder, 'named-envoy'), `echo; echo '${versionLine}'`)
const onPath = script(join(folder, 'path', 'envoy'), `echo '${versionLine}'`)
const cache = { ISTHMUS_CACHE: join(folder, 'cache') }

test('ENVOY_BIN wins over PATH', async () => {
  const env = { ENVOY_BIN: named, PATH: dirname(onPath) }

  expect(await locateEnvoy(env)).toEqual({ path: named, source: 'ENVOY_BIN' })
})

test('an ENVOY_BIN that cannot be run is refused, not passed over', async () => {
  const env = { ENVOY_BIN: join(folder, 'missing'), PATH: dirname(onPath) }

  await expect(locateEnvoy(env)).rejects.toMatchObject({
    code: 'not-found',
    message: `ENVOY_BIN: "${join(folder, 'missing')}" is not an executable file`,
  })
})

test('the first envoy on PATH comes next; folders and plain files of that name are passed over', async () => {
  mkdirSync(join(folder, 'with-folder', 'envoy'), { recursive: true })
  mkdirSync(join(folder, 'with-file'))
  writeFileSync(join(folder, 'with-file', 'envoy'), 'notes')
  const PATH = [join(folder, 'with-folder'), '', join(folder, 'with-file'), dirname(onPath)].join(':')

  expect(await locateEnvoy({ PATH })).toEqual({ path: onPath, source: 'PATH' })
})

test('without either, the binary of the set-up is used if it is there', async () => {
  const env = { ...cache, PATH: join(folder, 'nowhere') }

  expect(await locateEnvoy(env)).toBeUndefined()
  const path = script(cachedEnvoyPath(env), `echo '${versionLine}'`)
  expect(await locateEnvoy(env)).toEqual({ path, source: 'cache' })
})

test('the version is what the binary says', async () => {
  expect(await envoyVersion(named)).toBe('1.40.0')
})

test('a binary that fails or is no Envoy gives an error that names it', async () => {
  const failing = script(join(folder, 'failing'), 'exit 3')
  const other = script(join(folder, 'other'), 'echo hello')

  await expect(envoyVersion(failing)).rejects.toMatchObject({ code: 'unavailable' })
  await expect(envoyVersion(other)).rejects.toThrow(`${other} --version does not look like Envoy's: hello`)
})
