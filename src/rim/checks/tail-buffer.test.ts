import { expect, it } from 'vitest'
import { TailBuffer } from './tail-buffer.ts'

function tail(size: number, chunks: readonly string[]): TailBuffer {
  const buffer = new TailBuffer(size)
  for (const chunk of chunks) buffer.push(Buffer.from(chunk))
  return buffer
}

it.each<[number, string[], string]>([
  [4, [], ''],
  [4, ['ab', 'cd'], 'abcd'],
  [4, ['abc', 'def'], 'cdef'],
  [4, ['abcdefgh'], 'efgh'],
  [4, ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'], 'ghij'],
  [4, ['xéé'], 'éé'],
  [3, ['éé'], 'é'],
])('of size %d keeps of %j the end %j', (size, chunks, text) => {
  expect(tail(size, chunks).toString()).toBe(text)
})

it('counts all bytes', () => {
  expect(tail(2, ['abc', 'é']).total).toBe(5)
})
