// Tokens are long: they may come from a file or from standard input.

import { readFile } from 'node:fs/promises'
import { Fault } from '../../../core/model/fault.ts'
import type { Io } from '../../io.ts'

/** The token that an argument is or names (`@FILE`, or - for standard input). Throws Fault('invalid') for unreadable files. */
export async function readToken(io: Io, argument: string): Promise<string> {
  if (argument === '-') return (await io.readStdin()).trim()
  if (!argument.startsWith('@')) return argument
  const path = argument.slice(1)
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    throw new Fault('invalid', `cannot read the token from ${path}`, { cause: error })
  }
}
