// A check by a command: its exit code decides. The command and all it starts end with the check.

import { type ChildProcess, spawn } from 'node:child_process'
import type { Status } from '../../core/model/check.ts'
import { type Probe, type ProbeResult, untilAborted } from './probe.ts'
import { TailBuffer } from './tail-buffer.ts'

/** Passing for exit code 0, warning for 1, else critical. The output is what the command printed last. */
export function scriptProbe(args: readonly string[], outputMaxSize: number): Probe {
  const [command = '', ...rest] = args
  return signal =>
    untilAborted<ProbeResult>(signal, (resolve, reject) => {
      // A process group of its own, so that what the command starts can be ended with it.
      const child = spawn(command, rest, { detached: true, stdio: ['ignore', 'pipe', 'pipe'] })
      const output = new TailBuffer(outputMaxSize)
      let hasClosed = false
      child.stdout.on('data', chunk => output.push(chunk))
      child.stderr.on('data', chunk => output.push(chunk))
      child.once('error', reject)
      child.once('close', code => {
        hasClosed = true
        resolve({ status: statusOf(code), output: describe(output, outputMaxSize) })
      })
      return () => {
        if (!hasClosed) kill(child)
      }
    })
}

function statusOf(code: number | null): Status {
  if (code === 0) return 'passing'
  return code === 1 ? 'warning' : 'critical'
}

function describe(output: TailBuffer, size: number): string {
  const text = output.toString()
  return output.total > size ? `Captured ${size} of ${output.total} bytes\n...\n${text}` : text
}

function kill(child: ChildProcess): void {
  child.stdout?.destroy()
  child.stderr?.destroy()
  if (child.pid === undefined) return
  try {
    process.kill(-child.pid, 'SIGKILL')
  } catch (error) {
    // The group is gone already.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
