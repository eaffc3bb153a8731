// The README tells the truth: its commands are run as they stand there, with the files they name. Only the loopback networks
// are others, so that nobody who follows the README at the same time is disturbed.

import { cpSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, expect, test } from 'vitest'
import { sendHttp } from '../../src/sandbox/http-request.ts'
import { claimLoopback } from '../../src/sandbox/loopback.ts'
import { type Child, Supervisor } from '../../src/sandbox/supervisor.ts'
import { until } from '../support/until.ts'

const PROJECT = join(import.meta.dirname, '../..')
const NETWORKS = { '127.5.': 140, '127.6.': 150, '127.169.': 160 } as const

const loopback = await claimLoopback(140)
const supervisor = new Supervisor('isthmus-readme')

let isOver = false

afterAll(async () => {
  isOver = true
  await supervisor.stop()
  await loopback.release()
})

/** The commands in the shell blocks of a section, lines that end in a backslash joined with the next. */
function commandsOf(section: string): readonly string[] {
  const readme = readFileSync(join(PROJECT, 'README.md'), 'utf8')
  const start = readme.indexOf(`## ${section}`)
  const text = readme.slice(start, readme.indexOf('\n## ', start + 1))
  const blocks = [...text.matchAll(/```sh\n([\s\S]*?)```/g)].map(match => match[1] ?? '')
  const lines = blocks
    .join('')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
  return lines.map(line => line.trim()).filter(line => line !== '')
}

/** The same text on networks of our own and in a folder of our own. */
async function moved(text: string): Promise<string> {
  let result = text.replaceAll('/tmp/isthmus-example', join(supervisor.folder, 'data'))
  for (const [from, to] of Object.entries(NETWORKS)) {
    const here = (await loopback.address(to, 1)).split('.').slice(0, 2).join('.')
    result = result.replaceAll(from, `${here}.`)
  }
  return result
}

async function copyExamples(): Promise<void> {
  const examples = join(supervisor.folder, 'examples')
  cpSync(join(PROJECT, 'examples'), examples, { recursive: true })
  for (const name of readdirSync(examples, { recursive: true, encoding: 'utf8' })) {
    if (!name.endsWith('.hcl')) continue
    const path = join(examples, name)
    writeFileSync(path, await moved(readFileSync(path, 'utf8')))
  }
}

const staysUp = (command: string) => /^(bin\/isthmus (agent|connect envoy)|node )/.test(command)

let started = 0

function start(command: string, env: Readonly<Record<string, string>>): Child {
  const script = `cd ${supervisor.folder} && exec ${command.replace(/^bin\/isthmus/, join(PROJECT, 'bin/isthmus'))}`
  return supervisor.start({ name: `command-${started++}`, command: '/bin/sh', args: ['-c', script], env })
}

/** Runs a command until it works, as people do who were too fast. */
function untilItWorks(command: string, env: Readonly<Record<string, string>>): Promise<void> {
  return until(`"${command}" works`, async () => {
    const child = start(command, env)
    const status = await child.exited
    expect(status, child.lines.join('\n')).toBe(0)
  })
}

/** Starts a command that stays, again if it ends because something it needs is not there yet. */
function keepRunning(command: string, env: Readonly<Record<string, string>>): void {
  const child = start(command, env)
  void child.exited.then(async status => {
    if (status !== 1) return
    await pause(200)
    if (!isOver) keepRunning(command, env)
  })
}

test('following "By hand" leads to an answer of api', async () => {
  await copyExamples()
  const commands = commandsOf('By hand').filter(command => !command.startsWith('npm '))
  const env: Record<string, string> = {}
  for (const written of commands.filter(command => !command.startsWith('curl '))) {
    const command = await moved(written)
    const assignment = /^export (\w+)=(\S+)$/.exec(command)
    if (assignment) env[assignment[1] ?? ''] = assignment[2] ?? ''
    else if (staysUp(command)) keepRunning(command, { ...env })
    else await untilItWorks(command, { ...env })
  }

  const [curl = ''] = commands.filter(command => command.startsWith('curl '))
  const { hostname, port } = new URL((await moved(curl)).replace('curl ', ''))
  await until('web is told by api', async () => {
    const { text } = await sendHttp({ address: hostname, port: Number(port) }, { path: '/' })
    expect(JSON.parse(text)).toEqual({ service: 'web', upstream: { service: 'api' } })
  })
})
