// What a process has used, read from /proc: Linux only.

import { readdirSync, readFileSync } from 'node:fs'

/** CPU time of all threads of a process so far, in milliseconds. Threads that have ended are not counted. */
export function cpuMs(pid: number): number {
  let nanoseconds = 0
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    nanoseconds += Number(textOf(`/proc/${pid}/task/${thread}/schedstat`).split(' ')[0] ?? 0)
  }
  return nanoseconds / 1e6
}

/** Resident memory of a process, in megabytes. */
export function residentMb(pid: number): number {
  const line = /^VmRSS:\s+(\d+) kB/m.exec(textOf(`/proc/${pid}/status`))
  return Number(line?.[1] ?? 0) / 1024
}

/** A thread may end between being listed and being read. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
