// Milliseconds and Go durations as protobuf durations.

import { type Duration, DurationSchema } from '@bufbuild/protobuf/wkt'
import { parseDuration } from '../../lib/duration.ts'
import { create } from './create-message.ts'

/** A duration of `milliseconds`, fractions kept to the nanosecond. */
export function protoDuration(milliseconds: number): Duration {
  const seconds = Math.trunc(milliseconds / 1000)
  const nanos = Math.round((milliseconds - seconds * 1000) * 1e6)
  return create(DurationSchema, { seconds: BigInt(seconds), nanos })
}

/** Milliseconds of a duration as an entry keeps it; undefined when absent, empty or not a duration. */
export function millisecondsOf(text: string | undefined): number | undefined {
  return text === undefined || text === '' ? undefined : parseDuration(text)
}
