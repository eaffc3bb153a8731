// An agent of a datacenter, a server or the client of one: its configuration file, its process, its HTTP API.

import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { eventually, expectThat, type Patience } from './eventually.ts'
import { sendHttp } from './http-request.ts'
import { type Endpoint, type Loopback, spell } from './loopback.ts'
import type { Program } from './program.ts'
import type { Child } from './supervisor.ts'

export interface AgentPlan {
  readonly datacenter: string
  /** The datacenter that leads. */
  readonly primary: string
  readonly node: string
  readonly http: Endpoint
  readonly grpc: Endpoint
  /** Where other clusters peer with it. */
  readonly grpcTls: Endpoint
  readonly server: Endpoint
  readonly serfWan: Endpoint
  /** `address:port` of servers: of other datacenters, or, for a client, of its own. */
  readonly joins: readonly string[]
  /** The admin partition of an agent that is no server; undefined for servers. */
  readonly clientIn?: string
  /** Lines of HCL put at the end of the configuration file. */
  readonly extra: string
}

export interface Agent {
  readonly plan: AgentPlan
  readonly child: Child
  readonly configFile: string
  /** What commands need to find this agent. */
  readonly env: { readonly CONSUL_HTTP_ADDR: string; readonly CONSUL_GRPC_ADDR: string }
  /** The JSON of a 2xx answer; undefined when the body is empty. Throws with status and text for any other answer. */
  call(method: string, path: string, body?: unknown): Promise<unknown>
}

/** Chooses addresses and ports for an agent that has the machine `address` to itself. */
export async function planAgent(
  loopback: Loopback,
  address: string,
  rest: Pick<AgentPlan, 'datacenter' | 'primary' | 'joins' | 'clientIn'> & { readonly extra?: string },
): Promise<AgentPlan> {
  const endpoint = async (port: number) => ({ address, port: await loopback.port(address, port) })
  return {
    ...rest,
    node: rest.clientIn === undefined ? `${rest.datacenter}-server` : `${rest.clientIn}-agent`,
    extra: rest.extra ?? '',
    http: await endpoint(8500),
    grpc: await endpoint(8502),
    grpcTls: await endpoint(8503),
    server: await endpoint(8300),
    serfWan: await endpoint(8302),
  }
}

/** Writes the configuration into `folder` and starts the agent. It may not answer yet. */
export function startAgent(program: Program, plan: AgentPlan, folder: string): Agent {
  const home = join(folder, plan.node)
  mkdirSync(home, { recursive: true })
  const configFile = join(home, 'agent.hcl')
  writeFileSync(configFile, configText(plan, join(home, 'data')))
  const child = program.start(plan.node, ['agent', '-config-file', configFile], {})
  const env = { CONSUL_HTTP_ADDR: spell(plan.http), CONSUL_GRPC_ADDR: spell(plan.grpc) }
  return { plan, child, configFile, env, call: (method, path, body) => callAgent(plan.http, { method, path, body }) }
}

/** Waits until the agent has a leader and proxies can get certificates. */
export async function agentIsReady(agent: Agent, patience: Patience): Promise<void> {
  await eventually(
    `the agent ${agent.plan.node} is ready`,
    async () => {
      agent.child.expectAlive()
      const leader = await agent.call('GET', '/v1/status/leader')
      expectThat(typeof leader === 'string' && leader !== '', 'it has no leader')
      const roots = await agent.call('GET', '/v1/connect/ca/roots')
      expectThat(hasActiveRoot(roots), 'its certificate authority is not ready')
    },
    patience,
  )
}

/** Waits until the agent knows exactly these datacenters. */
export async function agentKnows(agent: Agent, datacenters: readonly string[], patience: Patience): Promise<void> {
  await eventually(
    `${agent.plan.node} knows ${datacenters.join(' and ')}`,
    async () => {
      agent.child.expectAlive()
      const known = await agent.call('GET', '/v1/catalog/datacenters')
      const missing = datacenters.filter(name => !Array.isArray(known) || !known.includes(name))
      expectThat(missing.length === 0, `it does not know ${missing.join(', ')}`)
    },
    patience,
  )
}

function hasActiveRoot(roots: unknown): boolean {
  return typeof roots === 'object' && roots !== null && 'ActiveRootID' in roots && roots.ActiveRootID !== ''
}

async function callAgent(
  http: Endpoint,
  request: { readonly method: string; readonly path: string; readonly body: unknown },
): Promise<unknown> {
  const { method, path } = request
  const body = request.body === undefined ? {} : { body: JSON.stringify(request.body) }
  const answer = await sendHttp(http, { method, path, headers: { 'content-type': 'application/json' }, ...body })
  expectThat(answer.status >= 200 && answer.status < 300, `${method} ${path}: ${answer.status} ${answer.text}`)
  return answer.text === '' ? undefined : JSON.parse(answer.text)
}

function configText(plan: AgentPlan, dataDir: string): string {
  return `${[
    `datacenter         = "${plan.datacenter}"`,
    `primary_datacenter = "${plan.primary}"`,
    `node_name          = "${plan.node}"`,
    ...roleLines(plan),
    `data_dir           = ${JSON.stringify(dataDir)}`,
    `bind_addr          = "${plan.server.address}"`,
    `client_addr        = "${plan.http.address}"`,
    '',
    'ports {',
    `  http     = ${plan.http.port}`,
    `  grpc     = ${plan.grpc.port}`,
    ...(plan.clientIn === undefined ? serverPorts(plan) : []),
    '}',
    ...(plan.extra === '' ? [] : ['', plan.extra.trim()]),
  ].join('\n')}\n`
}

function roleLines({ clientIn, joins }: AgentPlan): readonly string[] {
  const places = `[${joins.map(address => JSON.stringify(address)).join(', ')}]`
  if (clientIn !== undefined) {
    return ['server             = false', `partition          = "${clientIn}"`, `retry_join         = ${places}`]
  }
  const wan = joins.length === 0 ? [] : [`retry_join_wan     = ${places}`, 'retry_interval_wan = "1s"']
  return ['server             = true', ...wan]
}

function serverPorts(plan: AgentPlan): readonly string[] {
  return [`  grpc_tls = ${plan.grpcTls.port}`, `  server   = ${plan.server.port}`, `  serf_wan = ${plan.serfWan.port}`]
}
