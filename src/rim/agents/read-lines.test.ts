import { describe, expect, it } from 'vitest'
import { readLines } from './read-lines.ts'

async function* chunks(...texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text)
}

async function all(limit: number, ...texts: readonly string[]): Promise<unknown[]> {
  const messages: unknown[] = []
  for await (const message of readLines(chunks(...texts), limit)) messages.push(message)
  return messages
}

describe('lines of JSON', () => {
  it('are found wherever the chunks are cut', async () => {
    const text = '{"a":"ü"}\n[1]\n"x"\n'
    const bytes = Buffer.from(text)
    const byByte = async function* () {
      for (const byte of bytes) yield Buffer.of(byte)
    }
    const messages: unknown[] = []
    for await (const message of readLines(byByte(), 100)) messages.push(message)
    expect(messages).toEqual([{ a: 'ü' }, [1], 'x'])
    expect(await all(100, text)).toEqual(messages)
  })

  it('count only when they are ended', async () => {
    expect(await all(100, '1\n', '{"cut":')).toEqual([1])
  })

  it('may not be longer than agreed, ended or not', async () => {
    await expect(all(10, `"${'x'.repeat(20)}"\n`)).rejects.toThrow('a line of more than 10 bytes')
    await expect(all(10, '"12345', '67890', 'and so on for ever')).rejects.toThrow('a line of more than 10 bytes')
    expect(await all(10, '"1234"\n"5678"\n')).toEqual(['1234', '5678'])
  })

  it('must be JSON', async () => {
    await expect(all(100, 'HTTP/1.1 200 OK\n')).rejects.toThrow('a line that is not JSON')
  })
})
