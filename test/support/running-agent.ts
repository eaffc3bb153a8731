// A whole agent in this process: real settings, real sockets of loopback, every port a free one.

import { type Agent, type AgentHooks, startAgent } from '../../src/agent/agent.ts'
import type { FileConfig } from '../../src/agent/options.ts'
import { type Settings, settingsOf } from '../../src/agent/settings.ts'
import { type MemoryLog, memoryLog } from '../fakes/memory-log.ts'

export interface RunningAgent {
  readonly agent: Agent
  readonly settings: Settings
  /** Where its HTTP API is, such as `http://127.0.0.1:40000`. */
  readonly url: string
  readonly log: MemoryLog
  call(method: string, path: string, body?: string | Uint8Array | object): Promise<AgentAnswer>
  close(): Promise<void>
}

export interface AgentAnswer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

const FREE_PORTS = { dns: 0, http: 0, grpc: 0, server: 0, serf_lan: 0, serf_wan: 0 }
const NO_HOOKS: AgentHooks = { reload: async () => {}, leave: async () => {} }

/** Starts an agent as `-dev` would, with these keys of a configuration file; close it in the end. */
export async function startRunningAgent(config: FileConfig = {}): Promise<RunningAgent> {
  const settings = settingsOf(
    { bind_addr: '127.0.0.1', node_name: 'n1', ...config, ports: { ...FREE_PORTS, ...config.ports } },
    true,
    '11111111-2222-3333-4444-555555555555',
  )
  const log = memoryLog()
  const agent = await startAgent(settings, log.log, NO_HOOKS)
  const url = `http://${agent.httpAddresses[0]}`
  return {
    ...{ agent, settings, url, log },
    call: (method, path, body) => call(`${url}${path}`, method, body),
    close: () => agent.close(),
  }
}

async function call(url: string, method: string, body: string | Uint8Array | object | undefined): Promise<AgentAnswer> {
  const bytes = body === undefined || typeof body === 'string' || body instanceof Uint8Array ? body : json(body)
  const answer = await fetch(url, { method, ...(bytes === undefined ? {} : { body: bytes }) })
  return { status: answer.status, headers: answer.headers, text: await answer.text() }
}

function json(body: object): string {
  return JSON.stringify(body)
}
