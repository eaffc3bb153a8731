// Two admin partitions with real Envoys, as the sandbox brings them up: every mode, and every place where one can be set.

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'

const program = join(import.meta.dirname, '..', '..', 'bin', 'isthmus')

function sandbox(
  scenario: string,
): Promise<{ readonly code: number | null; readonly text: string; readonly log: string }> {
  const child = spawn(process.execPath, [program, 'sandbox', scenario, '-once', '-format', 'json'])
  let text = ''
  let log = ''
  child.stdout.on('data', chunk => {
    text += chunk
  })
  child.stderr.on('data', chunk => {
    log += chunk
  })
  return new Promise(resolve => child.on('close', code => resolve({ code, text, log })))
}

it('requests between partitions go through the gateways that the mode says, wherever the mode is written', async () => {
  const { code, text, log } = await sandbox('partitions')
  expect(log).not.toContain('Error')
  const { passed, trials } = JSON.parse(text)
  expect(trials.map((trial: { title: string; problems: string[] }) => [trial.title, trial.problems])).toEqual([
    ['mode none', []],
    ['mode remote', []],
    ['mode local', []],
    ['remote in proxy-defaults', []],
    ['local in service-defaults of web', []],
    ['none in the instance of the sidecar', []],
    ['remote in the upstream', []],
  ])
  expect([passed, code]).toEqual([true, 0])
})
