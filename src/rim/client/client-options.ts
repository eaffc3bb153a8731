// How to reach an agent's HTTP API: flags first, then the environment variables of Consul's clients, then 127.0.0.1:8500.
// Reads token and certificate files; opens no connection.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Fault } from '../../core/model/fault.ts'
import { parseGoBool } from '../../lib/go-flags.ts'
import { type AgentAddress, parseAgentAddress } from './agent-address.ts'

const DEFAULT_ADDRESS = '127.0.0.1:8500'

type Env = Readonly<Record<string, string | undefined>>

/** What the flags of a command say; empty text means the flag is absent. */
export interface ClientFlagValues {
  readonly 'http-addr': string
  readonly token: string
  readonly 'token-file': string
  readonly 'ca-file': string
  readonly 'ca-path': string
  readonly 'client-cert': string
  readonly 'client-key': string
  readonly 'tls-server-name': string
  readonly namespace: string
  readonly partition: string
  readonly datacenter?: string
  readonly stale?: boolean
}

export interface ClientOptions {
  readonly address: AgentAddress
  /** Where the address comes from, for messages: `-http-addr`, `CONSUL_HTTP_ADDR` or `the default`. */
  readonly addressFrom: string
  readonly token: string
  /** `user:password` of HTTP basic authentication, or empty. */
  readonly basicAuth: string
  readonly tls: ClientTls
  /** Sent as query parameters with every request; empty ones are left out. */
  readonly query: Readonly<Record<string, string>>
}

export interface ClientTls {
  /** PEM of the trusted authorities; empty means the system's. */
  readonly ca: readonly string[]
  readonly cert?: string
  readonly key?: string
  readonly serverName: string
  readonly verify: boolean
}

/** Resolves flags and environment. Throws Fault('invalid') for unreadable files and malformed values. */
export function resolveClientOptions(flags: ClientFlagValues, env: Env): ClientOptions {
  const written = flags['http-addr'] || env.CONSUL_HTTP_ADDR || DEFAULT_ADDRESS
  return {
    address: parseAgentAddress(written, boolEnv(env, 'CONSUL_HTTP_SSL', false)),
    addressFrom: flags['http-addr'] ? '-http-addr' : env.CONSUL_HTTP_ADDR ? 'CONSUL_HTTP_ADDR' : 'the default',
    token: resolveToken(flags, env),
    basicAuth: env.CONSUL_HTTP_AUTH ?? '',
    tls: resolveTls(flags, env),
    query: resolveQuery(flags, env),
  }
}

/** The PEM text of a certificate file, or of every file in a directory. Throws Fault('invalid'). */
export function readCertificates(file: string, directory: string): readonly string[] {
  if (file !== '') return [readText(file, 'CA file')]
  if (directory === '') return []
  try {
    const names = readdirSync(directory, { withFileTypes: true }).filter(entry => !entry.isDirectory())
    return names.map(entry => readText(join(directory, entry.name), 'CA file')).filter(text => text.includes('BEGIN'))
  } catch (error) {
    if (error instanceof Fault) throw error
    throw new Fault('invalid', `CA path ${directory} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}

function resolveToken(flags: ClientFlagValues, env: Env): string {
  if (flags['token-file'] !== '') return readToken(flags['token-file'])
  if (flags.token !== '') return flags.token
  if (env.CONSUL_HTTP_TOKEN_FILE) return readToken(env.CONSUL_HTTP_TOKEN_FILE)
  return env.CONSUL_HTTP_TOKEN ?? ''
}

function readToken(file: string): string {
  const token = readText(file, 'token file').trim()
  if (token === '' || /\s/.test(token)) throw new Fault('invalid', `token file ${file} does not hold one token`)
  return token
}

function resolveTls(flags: ClientFlagValues, env: Env): ClientTls {
  const cert = flags['client-cert'] || env.CONSUL_CLIENT_CERT || ''
  const key = flags['client-key'] || env.CONSUL_CLIENT_KEY || ''
  if ((cert === '') !== (key === '')) {
    throw new Fault('invalid', '-client-cert and -client-key (or CONSUL_CLIENT_CERT and CONSUL_CLIENT_KEY) go together')
  }
  const caFile = flags['ca-file'] || env.CONSUL_CACERT || ''
  return {
    ca: readCertificates(caFile, flags['ca-path'] || env.CONSUL_CAPATH || ''),
    ...(cert === '' ? {} : { cert: readText(cert, 'client certificate'), key: readText(key, 'client key') }),
    serverName: flags['tls-server-name'] || env.CONSUL_TLS_SERVER_NAME || '',
    verify: boolEnv(env, 'CONSUL_HTTP_SSL_VERIFY', true),
  }
}

function resolveQuery(flags: ClientFlagValues, env: Env): Record<string, string> {
  const query = {
    dc: flags.datacenter ?? '',
    stale: flags.stale ? 'true' : '',
    ns: flags.namespace || env.CONSUL_NAMESPACE || '',
    partition: flags.partition || env.CONSUL_PARTITION || '',
  }
  return Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''))
}

function boolEnv(env: Env, name: string, otherwise: boolean): boolean {
  const text = env[name] ?? ''
  if (text === '') return otherwise
  const value = parseGoBool(text)
  if (value === undefined) throw new Fault('invalid', `${name}=${text}: expected true or false`)
  return value
}

function readText(file: string, what: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Fault('invalid', `${what} ${file} cannot be read: ${reasonOf(error)}`, { cause: error })
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'no such file or directory'
  if (code === 'EACCES') return 'permission denied'
  return error instanceof Error ? error.message : String(error)
}
