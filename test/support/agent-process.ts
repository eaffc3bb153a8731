// The agent as a process of its own, run from its sources, for tests that end it in ways a process can end.

import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

const PROJECT = join(import.meta.dirname, '../..')

export interface AgentProcess {
  /** Everything it printed. */
  output(): string
  /** Resolves to the exit status; a signal counts as -1. */
  readonly exited: Promise<number>
  kill(signal: 'SIGKILL' | 'SIGTERM'): Promise<number>
}

/** Starts `isthmus agent` with these arguments. */
export function startAgentProcess(args: readonly string[]): AgentProcess {
  const child = spawn(process.execPath, ['--import', 'tsx', join(PROJECT, 'src/main.ts'), 'agent', ...args], {
    cwd: PROJECT,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', chunk => {
      output += String(chunk)
    })
  }
  const exited = exitOf(child)
  return {
    output: () => output,
    exited,
    kill(signal) {
      child.kill(signal)
      return exited
    },
  }
}

function exitOf(child: ChildProcess): Promise<number> {
  return new Promise(resolve => child.once('close', code => resolve(code ?? -1)))
}

/** Waits until an agent answers HTTP at this URL. Throws with what it printed when it ends first. */
export async function untilAnswers(agent: AgentProcess, url: string): Promise<void> {
  let ended: number | undefined
  void agent.exited.then(code => {
    ended = code
  })
  for (;;) {
    if (ended !== undefined) throw new Error(`the agent ended with ${ended}:\n${agent.output()}`)
    const isUp = await fetch(`${url}/v1/status/leader`).then(
      answer => answer.ok,
      () => false,
    )
    if (isUp) return
    await sleep(50)
  }
}
