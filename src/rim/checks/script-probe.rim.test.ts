import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { scriptProbe } from './script-probe.ts'

const NEVER = new AbortController().signal

/** A busy machine is slow; only the failure of a test waits this long. */
const PATIENT = { timeout: 20_000 }

function shell(script: string, size = 4096) {
  return scriptProbe(['/bin/sh', '-c', script], size)
}

/** Whether a process is alive; one that only waits to be buried is not. */
function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

describe('scriptProbe', () => {
  it.each([
    [0, 'passing'],
    [1, 'warning'],
    [2, 'critical'],
    [255, 'critical'],
  ])('calls exit code %d %s', async (code, status) => {
    expect((await shell(`exit ${code}`)(NEVER)).status).toBe(status)
  })

  it('shows what the command prints, errors included', async () => {
    expect(await shell('echo out; sleep 0.05; echo err >&2; exit 1')(NEVER)).toEqual({
      status: 'warning',
      output: 'out\nerr\n',
    })
  })

  it('keeps the end of a long output', async () => {
    const result = await shell('i=0; while [ $i -lt 1000 ]; do echo line; i=$((i+1)); done; printf end', 8)(NEVER)

    expect(result.output).toBe('Captured 8 of 5003 bytes\n...\nline\nend')
  })

  it('calls a command that a signal ended critical', async () => {
    expect((await shell('kill -9 $$')(NEVER)).status).toBe('critical')
  })

  it('rejects a command that is not there', async () => {
    await expect(scriptProbe(['/no/such/command'], 4096)(NEVER)).rejects.toThrow('ENOENT')
    await expect(scriptProbe([], 4096)(NEVER)).rejects.toThrow()
  })

  it('ends the command and what it started when it is aborted', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'script-probe-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const file = join(folder, 'pids')
    const abort = new AbortController()
    const script = 'sleep 300 & echo "$$ $!" > "$1.new"; mv "$1.new" "$1"; wait'

    const looked = scriptProbe(['/bin/sh', '-c', script, 'sh', file], 4096)(abort.signal)
    await expect.poll(() => existsSync(file), PATIENT).toBe(true)
    const pids = readFileSync(file, 'utf8').trim().split(' ').map(Number)
    expect(pids.map(isRunning)).toEqual([true, true])
    abort.abort(new Error('stopped'))
    await expect(looked).rejects.toThrow('stopped')
    await expect.poll(() => pids.map(isRunning), PATIENT).toEqual([false, false])
  })
})
