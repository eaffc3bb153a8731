// What runs on an agent is shown to who asks about its partition and namespace, through every route that reads.

import { afterAll, beforeAll, expect, it } from 'vitest'
import { type RunningAgent, startRunningAgent } from '../../../test/support/running-agent.ts'
import { ROUTES } from '../../core/api/index.ts'

let running: RunningAgent

beforeAll(async () => {
  running = await startRunningAgent()
  await put('/v1/partition', { Name: 'finance' })
  await put('/v1/namespace', { Name: 'dev' })
  for (const Namespace of ['default', 'dev']) {
    const Check = { Name: `check-mark-${Namespace}`, TTL: '1h' }
    await put('/v1/agent/service/register', { Name: 'web', Namespace, Meta: { of: `mark-${Namespace}` }, Check })
  }
})

afterAll(() => running.close())

async function put(path: string, body: object) {
  const answer = await running.call('PUT', path, body)
  expect([path, answer.status, answer.text]).toEqual([path, 200, answer.text])
}

const READS = ROUTES.filter(route => route.type === 'effect' && route.method === 'GET')

async function seen(query: string) {
  const marks = new Set<string>()
  for (const { path } of READS) {
    const { text } = await running.call('GET', `${path.replace(/:\w+/, 'web')}?${query}`)
    for (const mark of text.match(/(check-)?mark-\w+/g) ?? []) marks.add(mark)
  }
  return [...marks].sort()
}

it.each([
  ['', ['check-mark-default', 'mark-default']],
  ['ns=default', ['check-mark-default', 'mark-default']],
  ['ns=dev', ['check-mark-dev', 'mark-dev']],
  ['partition=finance', []],
])('asked with "%s" it shows %j', async (query, marks) => {
  expect(await seen(query)).toEqual(marks)
})
