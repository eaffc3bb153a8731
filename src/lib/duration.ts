// Go's time.Duration as text: "1h30m", "250ms". Durations are numbers of milliseconds everywhere in this project;
// this file is the only place that reads or writes the text form. Integers of nanoseconds are the caller's business.

const MAX_NANOSECONDS = 2n ** 63n - 1n
const MAX_FRACTION = 2 ** 63
const NANOSECONDS_PER_MILLISECOND = 1_000_000

const UNITS: ReadonlyMap<string, number> = new Map([
  ['ns', 1],
  ['us', 1e3],
  ['\u00b5s', 1e3],
  ['\u03bcs', 1e3],
  ['ms', 1e6],
  ['s', 1e9],
  ['m', 60e9],
  ['h', 3600e9],
])

const TERM = /([0-9]*)(?:(\.)([0-9]*))?([^0-9.]+)/y

/**
 * Milliseconds of a Go duration ("5s", "1h30m", "-1.5ms", "0"), fractional below a millisecond; undefined where Go's
 * ParseDuration refuses: no unit, unknown unit, stray characters, or more than 2^63-1 nanoseconds.
 */
export function parseDuration(text: string): number | undefined {
  const negative = text.startsWith('-')
  const body = negative || text.startsWith('+') ? text.slice(1) : text
  if (body === '0') return 0
  if (body === '') return undefined

  let total = 0n
  TERM.lastIndex = 0
  while (TERM.lastIndex < body.length) {
    const term = TERM.exec(body)
    if (!term) return undefined
    const nanoseconds = termNanoseconds(term[1]!, term[3] ?? '', UNITS.get(term[4]!))
    if (nanoseconds === undefined) return undefined
    total += nanoseconds
    if (total > MAX_NANOSECONDS) return undefined
  }
  const milliseconds = Number(total / 1_000_000n) + Number(total % 1_000_000n) / NANOSECONDS_PER_MILLISECOND
  return negative && milliseconds !== 0 ? -milliseconds : milliseconds
}

/**
 * The text Go prints for a duration of `milliseconds`: "0s", "1.5s", "250ms", "1m0s", "72h0m0s". Rounded to a whole
 * nanosecond.
 */
export function formatDuration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) throw new RangeError(`duration is not finite: ${milliseconds}`)
  const magnitude = Math.abs(milliseconds)
  let seconds = Math.floor(magnitude / 1000)
  let nanoseconds = Math.round((magnitude - seconds * 1000) * NANOSECONDS_PER_MILLISECOND)
  if (nanoseconds === 1e9) {
    seconds += 1
    nanoseconds = 0
  }
  if (seconds === 0 && nanoseconds === 0) return '0s'
  const text = seconds === 0 ? formatSubSecond(nanoseconds) : formatSeconds(seconds, nanoseconds)
  return milliseconds < 0 ? `-${text}` : text
}

/** One "<whole>.<fraction><unit>" in nanoseconds, with the rounding Go applies to the fraction. */
function termNanoseconds(whole: string, fraction: string, unit: number | undefined): bigint | undefined {
  if (unit === undefined || (whole === '' && fraction === '')) return undefined
  const digits = whole.replace(/^0+/, '')
  if (digits.length > 19) return undefined
  const nanoseconds = BigInt(digits) * BigInt(unit)
  return fraction === '' ? nanoseconds : nanoseconds + fractionNanoseconds(fraction, unit)
}

function fractionNanoseconds(digits: string, unit: number): bigint {
  let value = 0n
  let scale = 1
  for (const digit of digits) {
    const next = value * 10n + BigInt(digit)
    if (next >= BigInt(MAX_FRACTION)) break
    value = next
    scale *= 10
  }
  return BigInt(Math.trunc(Number(value) * (unit / scale)))
}

function formatSubSecond(nanoseconds: number): string {
  if (nanoseconds < 1e3) return `${nanoseconds}ns`
  if (nanoseconds < 1e6) return `${decimal(nanoseconds, 3)}\u00b5s`
  return `${decimal(nanoseconds, 6)}ms`
}

function formatSeconds(total: number, nanoseconds: number): string {
  const seconds = `${decimal((total % 60) * 1e9 + nanoseconds, 9)}s`
  const minutes = Math.floor(total / 60)
  if (minutes === 0) return seconds
  if (minutes < 60) return `${minutes}m${seconds}`
  return `${Math.floor(minutes / 60)}h${minutes % 60}m${seconds}`
}

/** `value` / 10^places without trailing zeros. */
function decimal(value: number, places: number): string {
  const digits = String(value).padStart(places + 1, '0')
  const fraction = digits.slice(-places).replace(/0+$/, '')
  return fraction === '' ? digits.slice(0, -places) : `${digits.slice(0, -places)}.${fraction}`
}
