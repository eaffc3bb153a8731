import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, test } from 'vitest'
import { eventually, expectThat } from './eventually.ts'
import { Supervisor } from './supervisor.ts'

const shell = (script: string) => ({ command: '/bin/sh', args: ['-c', script] })

async function processesAreGone(pids: readonly number[]): Promise<void> {
  await eventually('the processes are gone', () => {
    const alive = pids.filter(isAlive)
    expectThat(alive.length === 0, `${alive.join()} are alive`)
  })
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

/** The number a child printed. */
function numberSaid(child: { readonly lines: readonly string[] }): Promise<number> {
  return eventually('the child says a number', () => {
    expectThat(Number(child.lines[0]) > 0, 'it said none')
    return Number(child.lines[0])
  })
}

test('stopping ends children with their own children, and removes the folder', async () => {
  const supervisor = new Supervisor('isthmus-test')
  const child = supervisor.start({ name: 'parent', ...shell('sleep 1000 & echo $!; wait') })
  const grandchild = await numberSaid(child)
  expect(existsSync(child.logFile)).toBe(true)
  await supervisor.stop()
  await processesAreGone([child.pid, grandchild])
  expect(existsSync(supervisor.folder)).toBe(false)
})

test('a child that does not end when asked is made to', async () => {
  const supervisor = new Supervisor('isthmus-test')
  const child = supervisor.start({ name: 'stubborn', ...shell("trap '' TERM; echo 1; while :; do sleep 0.1; done") })
  await numberSaid(child)
  await supervisor.stop()
  expect(await child.exited).toBe(137)
}, 20_000)

test('whoever waits for a child that has ended hears its last words', async () => {
  const supervisor = new Supervisor('isthmus-test')
  const child = supervisor.start({ name: 'brief', ...shell('echo port in use >&2; exit 3') })
  expect(await child.exited).toBe(3)
  const waiting = eventually('it is ready', () => {
    child.expectAlive()
    throw new Error('not yet')
  })
  await expect(waiting).rejects.toThrow(
    'waited until it is ready: brief ended with status 3; its last words:\nport in use',
  )
  await supervisor.stop()
})

test('once stopped it starts nothing more', async () => {
  const supervisor = new Supervisor('isthmus-test')
  await supervisor.stop()
  expect(() => supervisor.start({ name: 'late', ...shell('sleep 1000') })).toThrow('late: everything is being ended')
  expect(existsSync(supervisor.folder)).toBe(false)
})

test('children do not inherit the address of somebody else’s agent', async () => {
  process.env.CONSUL_HTTP_ADDR = 'elsewhere:8500'
  const supervisor = new Supervisor('isthmus-test')
  const child = supervisor.start({ name: 'env', ...shell('echo "address=$CONSUL_HTTP_ADDR"') })
  await child.exited
  delete process.env.CONSUL_HTTP_ADDR
  expect(child.lines).toEqual(['address='])
  await supervisor.stop()
})

test('a supervisor that is killed leaves no process and no file behind', async () => {
  const script = `
    import { Supervisor } from ${JSON.stringify(join(import.meta.dirname, 'supervisor.ts'))}
    const supervisor = new Supervisor('isthmus-test')
    const child = supervisor.start({ name: 'left', command: '/bin/sh', args: ['-c', 'sleep 1000 & echo $!; wait'] })
    const look = setInterval(() => {
      if (child.lines[0] === undefined) return
      clearInterval(look)
      console.log(JSON.stringify({ folder: supervisor.folder, pids: [child.pid, Number(child.lines[0])] }))
    }, 20)
    setInterval(() => {}, 1000)
  `
  const owner = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const said = await new Promise<string>(resolve => createInterface({ input: owner.stdout }).once('line', resolve))
  const { folder, pids } = JSON.parse(said)
  expect(pids.every(isAlive)).toBe(true)
  owner.kill('SIGKILL')
  await processesAreGone(pids)
  await eventually('the folder is gone', () => expectThat(!existsSync(folder), `${folder} is there`))
})
