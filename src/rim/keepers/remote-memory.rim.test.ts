import { mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { createLogger, type Logger } from '../logger.ts'
import { openRemoteMemory } from './remote-memory.ts'

let folder: string
let logged: string[]
let logger: Logger

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'isthmus-memory-'))
  logged = []
  logger = createLogger({ level: 'info', json: false, write: line => logged.push(line), now: () => new Date(0) })
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('what was remembered is known after a restart, the last value of each name', async () => {
  const before = openRemoteMemory(folder, logger)
  before.remember('gateways', [1])
  before.remember('gateways', [2])
  before.remember('__proto__', { odd: true })
  await before.close()

  const after = openRemoteMemory(folder, logger)
  expect(after.recall('gateways')).toEqual([2])
  expect(after.recall('__proto__')).toEqual({ odd: true })
  expect(after.recall('never heard')).toBeUndefined()
})

test('files that are no memory are as good as none', async () => {
  const memory = openRemoteMemory(folder, logger)
  memory.remember('gateways', [1])
  await memory.close()
  const [file = ''] = readdirSync(folder)
  writeFileSync(join(folder, file), '{"name": "gatew')
  expect(openRemoteMemory(folder, logger).recall('gateways')).toBeUndefined()
  writeFileSync(join(folder, file), '{"name": "another", "value": [1]}')
  expect(openRemoteMemory(folder, logger).recall('gateways')).toBeUndefined()
})

test('what nobody renews for a month is forgotten', async () => {
  const memory = openRemoteMemory(folder, logger)
  memory.remember('old', 1)
  await memory.close()
  const [file = ''] = readdirSync(folder)
  utimesSync(join(folder, file), new Date(0), new Date(0))
  expect(openRemoteMemory(folder, logger).recall('old')).toBeUndefined()
  expect(readdirSync(folder)).toEqual([])
})

test('a folder that cannot be written is logged, and nothing else happens', async () => {
  const file = join(folder, 'file')
  writeFileSync(file, '')
  const memory = openRemoteMemory(file, logger)
  memory.remember('gateways', [1])
  await memory.close()
  expect(memory.recall('gateways')).toBeUndefined()
  expect(logged.join('')).toContain('cannot keep what another datacenter said')
})
