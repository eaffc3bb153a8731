// The address of an agent's HTTP API as people write it: `host:port`, `http://…`, `https://…` or `unix://path`.

import { Fault } from '../../core/model/fault.ts'

export interface AgentAddress {
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly port: number
  /** The Unix socket to dial instead of host and port. */
  readonly socketPath?: string
  /** Put before every path, without a trailing slash; for agents behind a path of a proxy. */
  readonly pathPrefix: string
}

/** Reads an address; `isTls` decides for addresses without a scheme. Throws Fault('invalid'). */
export function parseAgentAddress(text: string, isTls: boolean): AgentAddress {
  const scheme = isTls ? 'https' : 'http'
  if (text.startsWith('unix://')) return unixAddress(text, scheme)
  if (text.startsWith('http://')) return hostAddress(text, 'http', text.slice('http://'.length))
  if (text.startsWith('https://')) return hostAddress(text, 'https', text.slice('https://'.length))
  if (text.includes('://')) throw refusal(text)
  return hostAddress(text, scheme, text)
}

/** The address as a URL for messages. */
export function describeAgentAddress(address: AgentAddress): string {
  if (address.socketPath !== undefined) return `unix://${address.socketPath}`
  const host = address.host.includes(':') ? `[${address.host}]` : address.host
  return `${address.scheme}://${host}:${address.port}${address.pathPrefix}`
}

function unixAddress(text: string, scheme: 'http' | 'https'): AgentAddress {
  const socketPath = text.slice('unix://'.length)
  if (socketPath === '') throw refusal(text)
  return { scheme, host: 'localhost', port: 0, socketPath, pathPrefix: '' }
}

function hostAddress(text: string, scheme: 'http' | 'https', rest: string): AgentAddress {
  const match = /^(\[[0-9a-fA-F:.%]+\]|[^:/?#@\s[\]]*)(?::(\d{1,5}))?(\/[^?#]*)?$/.exec(rest)
  const port = match?.[2] === undefined ? (scheme === 'https' ? 443 : 80) : Number(match[2])
  if (!match || port < 1 || port > 65535 || (match[1] === '' && match[2] === undefined)) throw refusal(text)
  const host = match[1]!.replace(/^\[|\]$/g, '') || '127.0.0.1'
  return { scheme, host, port, pathPrefix: (match[3] ?? '').replace(/\/+$/, '') }
}

function refusal(text: string): Fault {
  const allowed = 'host:port, http://host:port, https://host:port or unix:///path'
  return new Fault('invalid', `agent address ${JSON.stringify(text)} is not understood; write ${allowed}`)
}
