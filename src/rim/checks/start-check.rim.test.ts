import http from 'node:http'
import { expect, it } from 'vitest'
import { fakeWaitClock } from '../../../test/fakes/fake-wait-clock.ts'
import { memoryLog } from '../../../test/fakes/memory-log.ts'
import { listenOnLoopback } from '../../../test/support/loopback.ts'
import type { CheckDefinition } from '../../core/model/check.ts'
import { startCheck, startTtlCheck } from './start-check.ts'

/** A busy machine is slow; only the failure of a test waits this long. */
const PATIENT = { timeout: 20_000 }

function start(definition: CheckDefinition, scripts = false) {
  const clock = fakeWaitClock(0.5)
  const stop = new AbortController()
  const reports: string[] = []
  const { log, lines } = memoryLog()
  const report = (status: string, output: string) => void reports.push(`${status}: ${output}`)
  const stopped = startCheck(definition, { clock, logger: log, scripts, firstLookMs: 1_000, report }, stop.signal)
  return { clock, stop, reports, lines, stopped }
}

it('an http check looks at its interval, with damping, until it is stopped', async () => {
  let code = 200
  const server = http.createServer((_, response) => response.writeHead(code).end('body'))
  const url = `http://127.0.0.1:${await listenOnLoopback(server)}/`
  const { clock, stop, reports, stopped } = start({
    HTTP: url,
    Interval: '10s',
    Timeout: '3s',
    FailuresBeforeCritical: 2,
  })

  await clock.advance(500)
  await expect.poll(() => reports, PATIENT).toEqual([`passing: HTTP GET ${url}: 200 OK Output: body`])
  await expect.poll(() => clock.untilNext(), PATIENT).toBe(10_000)
  code = 500
  await clock.advance(10_000)
  // The first failure is silent; the next look is planned when it is over.
  await expect.poll(() => clock.untilNext(), PATIENT).toBe(10_000)
  await clock.advance(10_000)
  await expect
    .poll(() => reports.at(-1), PATIENT)
    .toBe(`critical: HTTP GET ${url}: 500 Internal Server Error Output: body`)
  stop.abort()
  await stopped
  expect(clock.pending()).toBe(0)
})

it('a probe has ten seconds unless its definition says otherwise', async () => {
  const server = http.createServer(() => {})
  const url = `http://127.0.0.1:${await listenOnLoopback(server)}/`
  const slow = start({ HTTP: url, Interval: '10s' })
  const quick = start({ HTTP: url, Interval: '10s', Timeout: '250ms' })

  await slow.clock.advance(10_499)
  await quick.clock.advance(750)
  expect(slow.reports).toEqual([])
  await slow.clock.advance(1)
  expect(slow.reports).toEqual(['critical: timed out after 10s'])
  expect(quick.reports).toEqual(['critical: timed out after 250ms'])
  for (const { stop } of [slow, quick]) stop.abort()
  await Promise.all([slow.stopped, quick.stopped])
})

it('an interval below a second is a second', async () => {
  const { clock, stop, reports, stopped } = start({ ScriptArgs: ['/bin/true'], Interval: '1ms' }, true)

  await clock.advance(499)
  expect(clock.pending()).toBe(1)
  await clock.advance(1)
  await expect.poll(() => reports, PATIENT).toEqual(['passing: '])
  stop.abort()
  await stopped
})

it.each<[string, CheckDefinition]>([
  ['Scripts are disabled on this agent; see enable_script_checks', { ScriptArgs: ['/bin/true'], Interval: '1s' }],
  ['checks of type "docker" are not supported', { DockerContainerID: 'x', Interval: '1s' }],
  ['checks of type "os_service" are not supported', { OSService: 'x', Interval: '1s' }],
  ['invalid check URL "x"; expected http:// or https://', { HTTP: 'x', Interval: '1s' }],
  ['invalid check address "x"; expected host:port', { TCP: 'x', Interval: '1s' }],
  ['invalid check address "x"; expected host:port', { GRPC: 'x/service', Interval: '1s' }],
  ['invalid check address "x"; expected host:port', { H2PING: 'x', Interval: '1s' }],
  ['invalid check address "x"; expected host:port', { UDP: 'x', Interval: '1s' }],
])('a check that cannot run is critical at once: %s', async (text, definition) => {
  const { clock, reports, lines, stopped } = start(definition)

  await stopped
  expect(reports).toEqual([`critical: ${text}`])
  expect(lines).toHaveLength(1)
  expect(clock.pending()).toBe(0)
})

it('a ttl check takes its times and sizes from its definition', async () => {
  const clock = fakeWaitClock()
  const reports: string[] = []
  const report = (status: string, output: string) => void reports.push(`${status}: ${output}`)
  const check = startTtlCheck({ TTL: '30s', OutputMaxSize: 2 }, { clock, report }, new AbortController().signal)

  check.update('passing', 'fine')
  await clock.advance(30_000)
  expect(reports[0]).toBe('passing: fi ... (captured 2 of 4 bytes)')
  expect(reports[1]).toMatch(/^critical: TTL expired/)
})
