// The log: one line an event, a fixed message and fields. Text looks like other agents' logs; JSON is for machines.

export type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error'

export type LogFields = Readonly<Record<string, unknown>>

export interface Logger {
  trace(message: string, fields?: LogFields): void
  debug(message: string, fields?: LogFields): void
  info(message: string, fields?: LogFields): void
  warn(message: string, fields?: LogFields): void
  error(message: string, fields?: LogFields): void
  /** A logger whose lines carry the name of a part of the program. */
  named(name: string): Logger
}

export interface LoggerOptions {
  readonly level: Level
  readonly json: boolean
  write(line: string): void
  now(): Date
}

const ORDER: readonly Level[] = ['trace', 'debug', 'info', 'warn', 'error']

/** Makes a logger. Errors in fields are shown by their message. */
export function createLogger(options: LoggerOptions, name = 'agent'): Logger {
  const lowest = ORDER.indexOf(options.level)
  const log =
    (level: Level) =>
    (message: string, fields: LogFields = {}) => {
      if (ORDER.indexOf(level) >= lowest) options.write(format(options, name, level, message, fields))
    }
  return {
    trace: log('trace'),
    debug: log('debug'),
    info: log('info'),
    warn: log('warn'),
    error: log('error'),
    named: part => createLogger(options, `${name}.${part}`),
  }
}

function format(options: LoggerOptions, name: string, level: Level, message: string, fields: LogFields): string {
  const time = options.now().toISOString()
  if (options.json) {
    const shown = Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, plain(value)]))
    return `${JSON.stringify({ '@timestamp': time, '@level': level, '@module': name, '@message': message, ...shown })}\n`
  }
  const label = `[${level.toUpperCase()}]`.padEnd(7)
  const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${quoted(plain(value))}`)
  return `${time} ${label} ${name}: ${message}${pairs.length > 0 ? `:${pairs.join('')}` : ''}\n`
}

function plain(value: unknown): unknown {
  return value instanceof Error ? value.message : value
}

function quoted(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? '')
  return typeof value === 'string' && /[\s"=]/.test(text) ? JSON.stringify(text) : text
}
