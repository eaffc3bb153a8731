// The peering scenario of the sandbox, as users run it.

import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'

const program = join(import.meta.dirname, '..', '..', 'bin', 'isthmus')

interface Shown {
  readonly title: string
  readonly problems: readonly string[]
  readonly hops: readonly { readonly proxy: string; readonly caller: string }[]
}

it('requests go to a peer by the gateways that the mode says, and meet its own trust there', async () => {
  const args = [program, 'sandbox', 'peering', '-once', '-format', 'json']
  const { stdout } = await promisify(execFile)(process.execPath, args)
  const { passed, trials }: { readonly passed: boolean; readonly trials: readonly Shown[] } = JSON.parse(stdout)
  expect(trials.map(({ title, problems, hops }) => [title, problems, hops.map(hop => hop.proxy).join(' -> ')])).toEqual(
    [
      ['http, mode remote', [], 'web-sidecar -> west-gateway -> api-sidecar'],
      ['tcp, mode remote', [], 'web-sidecar -> west-gateway -> ledger-sidecar'],
      ['http, mode local', [], 'web-sidecar -> east-gateway -> west-gateway -> api-sidecar'],
      ['tcp, mode local', [], 'web-sidecar -> east-gateway -> west-gateway -> ledger-sidecar'],
    ],
  )
  const domains = trials[0]?.hops.flatMap(({ caller }) => (caller === '' ? [] : [new URL(caller).host]))
  expect(new Set(domains).size).toBe(2)
  expect(passed).toBe(true)
})
