import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ephemeralSealer, openSealer } from './seal.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'seal-'))
})
afterEach(() => rm(dir, { recursive: true }))

const SECRET = '-----BEGIN EC PRIVATE KEY-----'

it('what was sealed is opened, also after a restart', async () => {
  const sealed = (await openSealer(dir)).seal('ca', SECRET)
  expect(sealed).toMatch(/^v1\.[A-Za-z0-9+/=]+$/)
  expect(Buffer.from(sealed.slice(3), 'base64').toString('latin1')).not.toContain('PRIVATE')
  expect((await openSealer(dir)).open('ca', sealed)).toBe(SECRET)
})

it('the key file is for its owner alone', async () => {
  const data = join(dir, 'deep', 'data')
  await openSealer(data)
  expect((await stat(join(data, 'seal.key'))).mode & 0o777).toBe(0o600)
  expect((await stat(data)).mode & 0o777).toBe(0o700)
  expect(await readdir(data)).toEqual(['seal.key'])
})

it('two that start at once get the same key', async () => {
  const sealers = await Promise.all(Array.from({ length: 8 }, () => openSealer(dir)))
  const sealed = sealers[0]!.seal('ca', SECRET)
  expect(sealers.map(sealer => sealer.open('ca', sealed))).toEqual(sealers.map(() => SECRET))
})

it('a key file that others can read is refused, with the command that helps', async () => {
  await openSealer(dir)
  await chmod(join(dir, 'seal.key'), 0o640)
  await expect(openSealer(dir)).rejects.toThrow(/has mode 0640; others can read it\. Run: chmod 600 /)
})

it('a damaged key file is refused and stays as it is', async () => {
  const path = join(dir, 'seal.key')
  await writeFile(path, 'abc\n', { mode: 0o600 })
  await expect(openSealer(dir)).rejects.toThrow(/is damaged/)
  expect(await readFile(path, 'utf8')).toBe('abc\n')
})

it('another key, another label or one altered bit opens nothing', () => {
  const sealer = ephemeralSealer()
  const sealed = sealer.seal('ca', SECRET)
  const message = /cannot be opened: it was sealed with another key, or altered/
  expect(() => ephemeralSealer().open('ca', sealed)).toThrow(message)
  expect(() => sealer.open('token', sealed)).toThrow(message)
  const bytes = Buffer.from(sealed.slice(3), 'base64')
  for (const at of [0, 12, bytes.length - 1]) {
    const altered = Buffer.from(bytes)
    altered[at]! ^= 1
    expect(() => sealer.open('ca', `v1.${altered.toString('base64')}`)).toThrow(message)
  }
  for (const text of ['', 'v1.', 'v2.AAAA', 'v1.AAAA']) expect(() => sealer.open('ca', text)).toThrow(message)
})

it('sealing the same text twice gives different texts', () => {
  const sealer = ephemeralSealer()
  expect(sealer.seal('ca', SECRET)).not.toBe(sealer.seal('ca', SECRET))
})
