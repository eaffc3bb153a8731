// From the definition of a check to a check that runs. Which checks there are, where results go and what an alias stands for is
// the caller's.

import { checkType } from '../../core/local/expand-check.ts'
import type { CheckDefinition, Status } from '../../core/model/check.ts'
import { dampingLimits } from '../../core/model/check-damping.ts'
import { parseDuration } from '../../lib/duration.ts'
import type { Logger } from '../logger.ts'
import type { WaitClock } from '../watch.ts'
import { grpcProbe } from './grpc-probe.ts'
import { h2pingProbe } from './h2ping-probe.ts'
import { httpProbe } from './http-probe.ts'
import { type IntervalCheckOptions, runIntervalCheck } from './interval-check.ts'
import { errorText, type Probe, type ProbeResult, type ProbeTls } from './probe.ts'
import { scriptProbe } from './script-probe.ts'
import { tcpProbe } from './tcp-probe.ts'
import { TtlCheck } from './ttl-check.ts'
import { udpProbe } from './udp-probe.ts'

/** Time and chance for checks. */
export type CheckClock = WaitClock

export interface CheckDeps {
  readonly clock: CheckClock
  readonly logger: Logger
  /** Whether scripts may run. Asked again here, because a registration may be older than the answer. */
  readonly scripts: boolean
  /** The first look is made within this time, in milliseconds. */
  readonly firstLookMs: number
  /** Takes every result; not called once the signal has aborted. */
  report(status: Status, output: string): void
}

const MIN_INTERVAL_MS = 1_000
const DEFAULT_INTERVAL_MS = 10_000
const DEFAULT_TIMEOUT_MS = 10_000
const DEFAULT_SCRIPT_TIMEOUT_MS = 30_000
const DEFAULT_OUTPUT_SIZE = 4096

/**
 * Starts a check that looks at something: HTTP, TCP, UDP, gRPC, HTTP/2 ping or a script. It runs until the signal aborts;
 * the promise resolves when nothing of it is left. A definition that cannot run reports critical, once, with the reason.
 */
export async function startCheck(definition: CheckDefinition, deps: CheckDeps, signal: AbortSignal): Promise<void> {
  const type = checkType(definition)
  const defaultTimeoutMs = type === 'script' ? DEFAULT_SCRIPT_TIMEOUT_MS : DEFAULT_TIMEOUT_MS
  try {
    const options: IntervalCheckOptions = {
      intervalMs: Math.max(MIN_INTERVAL_MS, milliseconds(definition.Interval, DEFAULT_INTERVAL_MS)),
      timeoutMs: milliseconds(definition.Timeout, defaultTimeoutMs),
      firstLookMs: deps.firstLookMs,
      limits: dampingLimits(definition),
      clock: deps.clock,
      report: ({ status, output }) => deps.report(status, output),
    }
    await runIntervalCheck(probeOf(definition, deps), options, signal)
  } catch (error) {
    deps.logger.error('a check cannot run', { type, error })
    if (!signal.aborted) deps.report('critical', errorText(error))
  }
}

/** Starts a check whose application calls `update`; it turns critical when it does not within its TTL. */
export function startTtlCheck(
  definition: CheckDefinition,
  deps: Pick<CheckDeps, 'clock' | 'report'>,
  signal: AbortSignal,
): TtlCheck {
  const options = {
    ttlMs: milliseconds(definition.TTL, DEFAULT_INTERVAL_MS),
    outputMaxSize: outputMaxSize(definition),
    clock: deps.clock,
    report: ({ status, output }: ProbeResult) => deps.report(status, output),
  }
  return new TtlCheck(options, signal)
}

/** Throws when there is no such probe; the message is for the check's output. */
function probeOf(definition: CheckDefinition, deps: CheckDeps): Probe {
  const type = checkType(definition)
  switch (type) {
    case 'http':
      return httpProbe(httpOptions(definition))
    case 'tcp':
      return tcpProbe(definition.TCP ?? '', definition.TCPUseTLS ? tlsOf(definition) : undefined)
    case 'udp':
      return udpProbe(definition.UDP ?? '')
    case 'grpc':
      return grpcProbe(definition.GRPC ?? '', definition.GRPCUseTLS ? tlsOf(definition) : undefined)
    case 'h2ping':
      return h2pingProbe(definition.H2PING ?? '', (definition.H2PingUseTLS ?? true) ? tlsOf(definition) : undefined)
    case 'script':
      if (!deps.scripts) throw new Error('Scripts are disabled on this agent; see enable_script_checks')
      return scriptProbe(definition.ScriptArgs ?? [], outputMaxSize(definition))
    default:
      throw new Error(`checks of type "${type}" are not supported`)
  }
}

function httpOptions(definition: CheckDefinition) {
  return {
    url: definition.HTTP ?? '',
    method: definition.Method || 'GET',
    headers: definition.Header ?? {},
    body: definition.Body ?? '',
    followRedirects: !definition.DisableRedirects,
    tls: tlsOf(definition),
    outputMaxSize: outputMaxSize(definition),
  }
}

function tlsOf(definition: CheckDefinition): ProbeTls {
  return { serverName: definition.TLSServerName || undefined, skipVerify: definition.TLSSkipVerify ?? false }
}

function outputMaxSize(definition: CheckDefinition): number {
  return definition.OutputMaxSize ?? DEFAULT_OUTPUT_SIZE
}

/** A duration of the definition, in milliseconds; the default where it is absent or not positive. */
function milliseconds(duration: string | undefined, absent: number): number {
  const value = duration === undefined ? undefined : parseDuration(duration)
  return value === undefined || value <= 0 ? absent : value
}
