// The download against a stand-in for Python that "downloads" a fixed file.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { python, replaceFolder, withWheel } from './wheel.ts'

let folder = ''
const searchPath = process.env.PATH

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isthmus-wheel-test-'))
})
afterEach(() => {
  process.env.PATH = searchPath
  rmSync(folder, { recursive: true })
})

function fakePython(text: string): void {
  writeFileSync(join(folder, 'python3'), `#!/bin/sh\n${text}\n`)
  chmodSync(join(folder, 'python3'), 0o755)
  process.env.PATH = `${folder}${delimiter}${searchPath}`
}

const downloads = 'while [ "$1" != -d ]; do shift; done; printf wheel > "$2/thing-1.0-py3-none-any.whl"'
const sha256OfWheel = 'ba59926159d2aa256eb8739b8da7e2b574b960e1202c6d624cbe981cef996c91'

test('a wheel with the pinned checksum is handed over, and its folder goes away', () => {
  fakePython(downloads)
  let seen = ''

  withWheel({ package: 'thing', version: '1.0', sha256: sha256OfWheel }, path => {
    seen = path
    expect(readFileSync(path, 'utf8')).toBe('wheel')
  })
  expect(existsSync(seen)).toBe(false)
})

test('a wheel with another checksum is refused', () => {
  fakePython(downloads)
  const use = () => expect.unreachable('a wheel that is not the pinned one must not be used')

  expect(() => withWheel({ package: 'thing', version: '1.0', sha256: '00' }, use)).toThrow(
    `SHA-256 is ${sha256OfWheel}, but 00 is pinned; refusing to use it`,
  )
})

test("a failure carries pip's own words", () => {
  fakePython('echo "No matching distribution found" >&2; exit 1')

  expect(() => python(['-m', 'pip', 'download', 'thing'])).toThrow(
    /pip download thing failed:\nNo matching distribution/,
  )
})

test('without Python the message says what to install', () => {
  process.env.PATH = folder

  expect(() => python(['--version'])).toThrow('python3 is not on PATH')
})

test('a folder that could not be filled leaves the old one as it was', () => {
  const target = join(folder, 'target')
  replaceFolder(target, fresh => writeFileSync(join(fresh, 'a'), 'old'))
  const fail = (fresh: string) => {
    writeFileSync(join(fresh, 'a'), 'new')
    throw new Error('disk full')
  }

  expect(() => replaceFolder(target, fail)).toThrow('disk full')
  expect(readFileSync(join(target, 'a'), 'utf8')).toBe('old')
  replaceFolder(target, fresh => writeFileSync(join(fresh, 'b'), 'new'))
  expect(existsSync(join(target, 'a'))).toBe(false)
})
