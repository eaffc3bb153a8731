// The isthmus binary as other programs use it: one-shot commands, and commands that stay.

import { execFile } from 'node:child_process'
import { Fault } from '../core/model/fault.ts'
import type { Child, Supervisor } from './supervisor.ts'

export interface Program {
  /** Runs a command to its end and returns what it printed. Throws Fault('internal') with its message when it fails. */
  run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<string>
  /** Starts a command that stays. */
  start(name: string, args: readonly string[], env: Readonly<Record<string, string>>): Child
}

/** `path` is bin/isthmus. */
export function isthmusProgram(path: string, supervisor: Supervisor): Program {
  return {
    run: (args, env) =>
      new Promise((resolve, reject) => {
        const options = { env: { ...process.env, ...env }, timeout: 60_000 }
        execFile(process.execPath, [path, ...args], options, (error, stdout, stderr) => {
          if (error === null) return resolve(stdout)
          const said = (stderr || stdout || error.message).trim()
          reject(new Fault('internal', `isthmus ${args.join(' ')}: ${said}`))
        })
      }),
    start: (name, args, env) => supervisor.start({ name, command: process.execPath, args: [path, ...args], env }),
  }
}
