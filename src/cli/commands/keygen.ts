// `isthmus keygen`: a fresh key for the setting `encrypt`.

import { randomBytes } from 'node:crypto'
import { defineCommand } from '../define-command.ts'

const KEY_BYTES = 32

export const keygen = defineCommand({
  usage: 'keygen',
  help: 'Prints a new random key for encrypt in the configuration of agents.',
  flags: {},
  failure: 'Error generating a key',
  run: async ({ io }) => {
    io.stdout.write(`${randomBytes(KEY_BYTES).toString('base64')}\n`)
    return 0
  },
})
