import { describe, expect, it } from 'vitest'
import { Bucket, Computed, type Source, type Ticker } from './graph.ts'

function setUp() {
  const ticker: Ticker = { tick: 1 }
  const change = (revision: number, ...buckets: readonly Bucket[]) => {
    ticker.tick += 1
    for (const bucket of buckets) bucket.mark(revision, ticker.tick)
    for (const bucket of buckets) bucket.wake()
  }
  const computed = <T>(sources: readonly Source[], value: () => T) =>
    new Computed(ticker, () => ({ outcome: { ok: true, value: value() }, sources }))
  return { ticker, change, computed }
}

describe('a computed value', () => {
  it('is computed when asked for and again only after a change', () => {
    const { change, computed } = setUp()
    const bucket = new Bucket(3, 1)
    let runs = 0
    const value = computed([bucket], () => ++runs)
    expect([value.value, value.value, value.index]).toEqual([1, 1, 3])
    change(5, bucket)
    expect([value.value, value.index, runs]).toEqual([2, 5, 2])
  })

  it('is checked once a tick while nobody follows it, and not at all while somebody does', () => {
    const { change, computed } = setUp()
    const bucket = new Bucket(0, 1)
    const other = new Bucket(0, 1)
    let refreshes = 0
    const below: Source = {
      get index() {
        return bucket.index
      },
      get changedAt() {
        return bucket.changedAt
      },
      refresh: () => {
        refreshes += 1
      },
      observe: observer => bucket.observe(observer),
      unobserve: observer => bucket.unobserve(observer),
    }
    const value = computed([below], () => 'same')
    value.refresh()
    change(1, other)
    value.refresh()
    value.refresh()
    expect(refreshes).toBe(1)
    value.observe({ notify: () => {} })
    value.refresh()
    change(2, other)
    value.refresh()
    expect(refreshes).toBe(1)
  })

  it('stops following a source it no longer reads', () => {
    const { ticker, change } = setUp()
    const switchBucket = new Bucket(0, 1)
    const left = new Bucket(0, 1)
    let readsLeft = true
    const value = new Computed(ticker, () => ({
      outcome: { ok: true, value: readsLeft },
      sources: readsLeft ? [switchBucket, left] : [switchBucket],
    }))
    value.observe({ notify: () => {} })
    value.refresh()
    expect(left.isLive).toBe(true)
    readsLeft = false
    change(1, switchBucket)
    value.refresh()
    expect(left.isLive).toBe(false)
  })

  it('frees its sources with its last observer', () => {
    const { computed } = setUp()
    const uses: boolean[] = []
    const bucket = new Bucket(0, 1, live => uses.push(live))
    const middle = computed([bucket], () => 1)
    const top = computed([middle], () => middle.value)
    const observer = { notify: () => {} }
    top.refresh()
    top.observe(observer)
    top.observe(observer)
    expect(uses).toEqual([true])
    top.unobserve(observer)
    top.unobserve(observer)
    expect(uses).toEqual([true, false])
  })

  it('sees changes made while nobody followed it', () => {
    const { change, computed } = setUp()
    const bucket = new Bucket(0, 1)
    let current = 'old'
    const value = computed([bucket], () => current)
    value.refresh()
    current = 'new'
    change(2, bucket)
    value.observe({ notify: () => {} })
    expect(value.value).toBe('new')
  })

  it('keeps its index where an equal value was made of newer parts', () => {
    const { change, computed } = setUp()
    const bucket = new Bucket(1, 1)
    const value = computed([bucket], () => ({ same: true }))
    const first = value.value
    change(9, bucket)
    expect(value.value).toBe(first)
    expect(value.index).toBe(1)
  })

  it('does not lower a bucket by an older revision', () => {
    const bucket = new Bucket(7, 1)
    bucket.mark(3, 2)
    expect([bucket.index, bucket.changedAt]).toEqual([7, 2])
  })
})
