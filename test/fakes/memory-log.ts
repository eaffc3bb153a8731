// A log that a test can read.

import { createLogger, type Logger } from '../../src/rim/logger.ts'

export interface MemoryLog {
  readonly log: Logger
  /** Lines without their time, such as `[WARN]  agent: message: key=value`. */
  readonly lines: string[]
}

export function memoryLog(): MemoryLog {
  const lines: string[] = []
  const write = (line: string) => void lines.push(line.slice(line.indexOf('[')).trimEnd())
  return { lines, log: createLogger({ level: 'debug', json: false, write, now: () => new Date(0) }) }
}
