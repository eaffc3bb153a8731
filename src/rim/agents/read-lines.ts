// Bytes as they come, parted into lines of JSON.

import { Fault } from '../../core/model/fault.ts'

const NEWLINE = 10

/**
 * The JSON of each line. Throws Fault('invalid') for a line that is none or has more than `limit` bytes. A last line that is not
 * ended is dropped: it was cut.
 */
export async function* readLines(bytes: AsyncIterable<Buffer>, limit: number): AsyncGenerator<unknown, void> {
  let parts: Buffer[] = []
  let size = 0
  for await (const chunk of bytes) {
    let start = 0
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      parts.push(chunk.subarray(start, end))
      yield parse(Buffer.concat(parts), limit)
      parts = []
      size = 0
      start = end + 1
    }
    const rest = chunk.subarray(start)
    size += rest.length
    if (size > limit) throw tooLong(limit)
    if (rest.length > 0) parts.push(rest)
  }
}

function parse(line: Buffer, limit: number): unknown {
  if (line.length > limit) throw tooLong(limit)
  try {
    return JSON.parse(line.toString('utf8'))
  } catch (cause) {
    throw new Fault('invalid', 'the server sent a line that is not JSON', { cause })
  }
}

function tooLong(limit: number): Fault {
  return new Fault('invalid', `the server sent a line of more than ${limit} bytes`)
}
