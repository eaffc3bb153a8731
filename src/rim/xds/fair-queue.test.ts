import { expect, test } from 'vitest'
import { FairQueue } from './fair-queue.ts'

/** A queue on a clock that each item advances by its own number, and turns that are taken by hand. */
function scene(sliceMs = 10) {
  let time = 0
  const turns: (() => void)[] = []
  const done: number[] = []
  const onRun: ((item: number) => void)[] = []
  const queue = new FairQueue<number>({
    run(item) {
      done.push(item)
      time += item
      for (const callback of onRun) callback(item)
    },
    sliceMs,
    now: () => time,
    defer: callback => turns.push(callback),
  })
  const turn = () => {
    done.length = 0
    turns.shift()?.()
    return [...done]
  }
  return { queue, turn, turns, onRun }
}

test('nothing runs before its turn, and items run in order', () => {
  const { queue, turn } = scene()
  queue.add(3)
  queue.add(1)
  queue.add(2)
  expect(queue.length).toBe(3)
  expect(turn()).toEqual([3, 1, 2])
  expect(queue.length).toBe(0)
})

test('an item waiting already is not run twice', () => {
  const { queue, turn } = scene()
  for (const item of [1, 2, 1]) queue.add(item)
  expect(turn()).toEqual([1, 2])
})

test('a slice ends when its time is up, and the rest follows in the next', () => {
  const { queue, turn, turns } = scene()
  for (const item of [4, 5, 6, 7]) queue.add(item)
  expect(turn()).toEqual([4, 5, 6])
  expect(turns).toHaveLength(1)
  expect(turn()).toEqual([7])
  expect(turns).toHaveLength(0)
})

test('an item longer than a slice runs alone', () => {
  const { queue, turn } = scene()
  for (const item of [50, 60]) queue.add(item)
  expect(turn()).toEqual([50])
  expect(turn()).toEqual([60])
})

test('an item added while it runs waits in line again', () => {
  const { queue, turn, onRun } = scene()
  let again = true
  onRun.push(item => {
    if (again && item === 10) queue.add(10)
    again = false
  })
  queue.add(10)
  queue.add(2)
  expect(turn()).toEqual([10])
  expect(turn()).toEqual([2, 10])
})

test('a removed item does not run', () => {
  const { queue, turn } = scene()
  queue.add(1)
  queue.add(2)
  queue.remove(1)
  expect(turn()).toEqual([2])
})
