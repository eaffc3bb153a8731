import { expect, it } from 'vitest'
import { fakeWaitClock } from '../../../test/fakes/fake-wait-clock.ts'
import type { ProbeResult } from './probe.ts'
import { TtlCheck } from './ttl-check.ts'

function start(outputMaxSize = 4096) {
  const clock = fakeWaitClock()
  const stop = new AbortController()
  const reports: string[] = []
  const report = ({ status, output }: ProbeResult) => void reports.push(`${status}: ${output}`)
  const check = new TtlCheck({ ttlMs: 30_000, outputMaxSize, clock, report }, stop.signal)
  return { check, clock, stop, reports }
}

it('a ttl check that never hears from its application turns critical, once', async () => {
  const { clock, reports } = start()

  await clock.advance(29_999)
  expect(reports).toEqual([])
  await clock.advance(60_000)
  expect(reports).toEqual(['critical: TTL expired'])
})

it('every update begins the countdown anew', async () => {
  const { check, clock, reports } = start()

  await clock.advance(20_000)
  check.update('passing', 'fine')
  await clock.advance(20_000)
  check.update('warning', 'slow')
  await clock.advance(29_999)
  expect(reports).toEqual(['passing: fine', 'warning: slow'])
})

it('silence after an update is critical and keeps the last words', async () => {
  const { check, clock, reports } = start()

  check.update('passing', 'fine')
  await clock.advance(30_000)
  check.update('passing', 'back')
  expect(reports).toEqual([
    'passing: fine',
    'critical: TTL expired (last output before timeout follows): fine',
    'passing: back',
  ])
})

it('a long output is cut between characters', () => {
  const { check, reports } = start(5)

  check.update('passing', 'abcdefg')
  check.update('passing', 'ééé')
  check.update('passing', 'abcde')
  expect(reports).toEqual([
    'passing: abcde ... (captured 5 of 7 bytes)',
    'passing: éé ... (captured 5 of 6 bytes)',
    'passing: abcde',
  ])
})

it('a stopped ttl check says nothing more', async () => {
  const { check, clock, stop, reports } = start()

  stop.abort()
  check.update('passing', 'fine')
  await clock.advance(60_000)
  expect(reports).toEqual([])
  expect(clock.pending()).toBe(0)
})
