import { describe, expect, it } from 'vitest'
import { fakeWaitClock } from '../../../test/fakes/fake-wait-clock.ts'
import { runIntervalCheck } from './interval-check.ts'
import { critical, type Probe, type ProbeResult, passing, untilAborted } from './probe.ts'

const LIMITS = { successBeforePassing: 0, failuresBeforeWarning: 0, failuresBeforeCritical: 0 }

function start(probe: Probe, limits = LIMITS) {
  const clock = fakeWaitClock(0.5)
  const stop = new AbortController()
  const reports: string[] = []
  const report = ({ status, output }: ProbeResult) => void reports.push(`${status}: ${output}`)
  const options = { intervalMs: 10_000, timeoutMs: 3_000, limits, clock, report }
  const ended = runIntervalCheck(probe, options, stop.signal)
  return { clock, stop, reports, ended }
}

/** Runs the check's loop to its end. */
async function finish({ stop, ended }: ReturnType<typeof start>): Promise<void> {
  stop.abort()
  await ended
}

describe('runIntervalCheck', () => {
  it('looks first within a second, then an interval after each result', async () => {
    let looks = 0
    const check = start(async () => passing(`look ${++looks}`))

    await check.clock.advance(499)
    expect(looks).toBe(0)
    await check.clock.advance(1)
    expect(looks).toBe(1)
    await check.clock.advance(20_000)
    expect(check.reports).toEqual(['passing: look 1', 'passing: look 2', 'passing: look 3'])
    await finish(check)
  })

  it('looks more often until it has passed once', async () => {
    let looks = 0
    const check = start(async () => (++looks < 4 ? critical('starting') : passing('up')))

    await check.clock.advance(500 + 2_000 + 4_000)
    expect(looks).toBe(3)
    await check.clock.advance(8_000)
    expect(check.reports.at(-1)).toBe('passing: up')
    await check.clock.advance(9_999)
    expect(looks).toBe(4)
    await check.clock.advance(1)
    expect(looks).toBe(5)
    await finish(check)
  })

  it('aborts a probe whose time is up and calls it critical', async () => {
    let released = 0
    const check = start(signal => untilAborted(signal, () => () => void released++))

    await check.clock.advance(3_499)
    expect(check.reports).toEqual([])
    await check.clock.advance(1)
    expect(check.reports).toEqual(['critical: timed out after 3s'])
    expect(released).toBe(1)
    await finish(check)
  })

  it('takes what a probe answers when its time is up', async () => {
    const check = start(
      signal => new Promise(resolve => signal.addEventListener('abort', () => resolve(passing('quiet')))),
    )

    await check.clock.advance(3_500)
    expect(check.reports).toEqual(['passing: quiet'])
    await finish(check)
  })

  it('calls a probe that fails critical, with the words of the error', async () => {
    const check = start(async () => {
      throw new AggregateError([new Error('one'), new Error('two')])
    })

    await check.clock.advance(500)
    expect(check.reports).toEqual(['critical: one; two'])
    await finish(check)
  })

  it('reports only what damping lets through', async () => {
    const results = [critical('1'), critical('2'), passing('3'), critical('4')]
    const check = start(async () => results.shift() ?? passing('5'), {
      ...LIMITS,
      failuresBeforeWarning: 2,
      failuresBeforeCritical: 2,
    })

    await check.clock.advance(500 + 2_000 + 4_000 + 10_000 + 10_000)
    expect(check.reports).toEqual(['critical: 2', 'passing: 3', 'passing: 5'])
    await finish(check)
  })

  it('stops in the middle of a look, without a report and without timers', async () => {
    let released = 0
    const check = start(signal => untilAborted(signal, () => () => void released++))
    await check.clock.advance(500)

    await finish(check)
    await check.clock.advance(60_000)
    expect(check.reports).toEqual([])
    expect(released).toBe(1)
    expect(check.clock.pending()).toBe(0)
  })

  it('never looks when it is stopped before its first look', async () => {
    let looks = 0
    const check = start(async () => passing(`${++looks}`))

    await finish(check)
    expect(looks).toBe(0)
    expect(check.clock.pending()).toBe(0)
  })
})

describe('untilAborted', () => {
  it('releases once when the result comes at once', async () => {
    let released = 0
    const result = untilAborted<string>(new AbortController().signal, resolve => {
      resolve('x')
      return () => void released++
    })

    expect(await result).toBe('x')
    expect(released).toBe(1)
  })

  it('rejects when starting fails, and when the signal has aborted already', async () => {
    const failing = untilAborted(new AbortController().signal, () => {
      throw new Error('no such thing')
    })
    await expect(failing).rejects.toThrow('no such thing')

    const late = untilAborted(AbortSignal.abort(new Error('stopped')), () => {
      throw new Error('started')
    })
    await expect(late).rejects.toThrow('stopped')
  })
})
