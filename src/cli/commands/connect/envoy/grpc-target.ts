// Where and how Envoy reaches the xDS server of the agent.

import type { BootstrapInput } from '../../../../core/bootstrap/bootstrap-input.ts'
import { Fault } from '../../../../core/model/fault.ts'
import type { ClientOptions } from '../../../../rim/client/client-options.ts'
import { readCertificates } from '../../../../rim/client/client-options.ts'
import { type Fields, fields, number } from '../../../answer.ts'
import { type Lookup, resolveHost } from './resolve-host.ts'

const DEFAULT_PORT = 8502

export interface GrpcFlags {
  readonly 'grpc-addr': string
  readonly 'grpc-ca-file': string
  readonly 'grpc-ca-path': string
}

export interface GrpcContext {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The options of the HTTP client, whose authorities are trusted where no others are named. */
  readonly client: ClientOptions
  /** The agent's answer about itself. */
  readonly self: Fields
  readonly lookup: Lookup
}

/**
 * The target: -grpc-addr, else CONSUL_GRPC_ADDR, else the ports the agent names, else 8502, on the host where the agent serves
 * HTTP. Throws Fault('invalid') for TLS without an authority to trust.
 */
export async function grpcTarget(flags: GrpcFlags, context: GrpcContext): Promise<BootstrapInput['grpc']> {
  const caFile = flags['grpc-ca-file'] || context.env.CONSUL_GRPC_CACERT || ''
  const caPath = flags['grpc-ca-path'] || context.env.CONSUL_GRPC_CAPATH || ''
  const own = readCertificates(caFile, caPath)
  const trusted = own.length > 0 ? own : context.client.tls.ca
  const written = flags['grpc-addr'] || context.env.CONSUL_GRPC_ADDR || ''
  const address = written === '' ? discover(context, trusted.length > 0) : written
  const isTls = address.startsWith('https://') || (own.length > 0 && !address.startsWith('http://'))
  if (isTls && trusted.length === 0) throw noAuthority(address)

  const target = address.startsWith('unix://')
    ? { socketPath: address.slice('unix://'.length) }
    : await tcpTarget(address, context.lookup)
  return { target, ...(isTls ? { caPem: trusted.map(pem => `${pem.trim()}\n`).join('') } : {}) }
}

/** The agent's own word about its ports: the one with TLS, unless nothing could verify it and a plain one is open. */
function discover({ self, client }: GrpcContext, canVerify: boolean): string {
  const { host: httpHost, socketPath } = client.address
  const host = socketPath !== undefined || httpHost === 'localhost' ? '127.0.0.1' : httpHost
  const at = host.includes(':') ? `[${host}]` : host
  const { Ports, Port } = fields(self.xDS)
  const plain = number(fields(Ports).Plaintext)
  const tls = number(fields(Ports).TLS)
  if (tls > 0 && (canVerify || plain <= 0)) return `https://${at}:${tls}`
  if (plain > 0) return `${at}:${plain}`
  if (plain < 0 && tls < 0) {
    throw new Fault('unavailable', 'the agent serves no xDS; open ports.grpc in its configuration, or give -grpc-addr')
  }
  const legacy = number(Port) || number(fields(self.DebugConfig).GRPCPort)
  return `${at}:${legacy > 0 ? legacy : DEFAULT_PORT}`
}

async function tcpTarget(address: string, lookup: Lookup): Promise<{ address: string; port: number }> {
  const text = address.replace(/^https?:\/\//, '').replace(/\/$/, '')
  const match = /^(?:\[([^\]]+)\]|([^:[\]/\s]*)):(\d{1,5})$/.exec(text)
  const port = Number(match?.[3])
  if (!match || port < 1 || port > 65535) {
    const allowed = 'host:port, https://host:port or unix:///path'
    throw new Fault('invalid', `xDS address ${JSON.stringify(address)} is not understood; write ${allowed}`)
  }
  return { address: await resolveHost(match[1] || match[2] || '127.0.0.1', lookup), port }
}

function noAuthority(address: string): Fault {
  const how = 'Give the authority with -grpc-ca-file or CONSUL_GRPC_CACERT, or a plain address with -grpc-addr'
  return new Fault('invalid', `xDS at ${address} uses TLS, and there is no CA certificate to verify it with. ${how}`)
}
