// A check by the standard gRPC health service (grpc.health.v1.Health/Check). Its two messages are so small that they are
// written and read by hand.

import { isIPv6 } from 'node:net'
import grpc from '@grpc/grpc-js'
import { parseHostPort } from './host-port.ts'
import { critical, type Probe, type ProbeResult, type ProbeTls, passing, untilAborted } from './probe.ts'

const METHOD = '/grpc.health.v1.Health/Check'
const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN']

/** Passing when `target`, which is host:port or host:port/service, answers SERVING. */
export function grpcProbe(target: string, security: ProbeTls | undefined): Probe {
  const slash = target.indexOf('/')
  const address = slash === -1 ? target : target.slice(0, slash)
  const service = slash === -1 ? '' : target.slice(slash + 1)
  const { host, port } = parseHostPort(address)
  const authority = `${isIPv6(host) ? `[${host}]` : host}:${port}`
  return signal =>
    untilAborted<ProbeResult>(signal, (resolve, reject) => {
      const client = new grpc.Client(authority, credentials(security), channelOptions(security))
      const answered = (error: grpc.ServiceError | null, status?: string) => {
        if (error) reject(new Error(`gRPC check ${target}: ${error.details || error.message}`))
        else if (status === 'SERVING') resolve(passing(`gRPC check ${target}: success`))
        else resolve(critical(`gRPC check ${target}: status ${status ?? 'UNKNOWN'}`))
      }
      const call = client.makeUnaryRequest(METHOD, encodeRequest, decodeResponse, service, answered)
      return () => {
        call.cancel()
        client.close()
      }
    })
}

function credentials(security: ProbeTls | undefined): grpc.ChannelCredentials {
  if (!security) return grpc.credentials.createInsecure()
  return grpc.credentials.createSsl(null, null, null, { rejectUnauthorized: !security.skipVerify })
}

function channelOptions(security: ProbeTls | undefined): grpc.ChannelOptions {
  const own = { 'grpc.use_local_subchannel_pool': 1, 'grpc.enable_http_proxy': 0 }
  return security?.serverName === undefined ? own : { ...own, 'grpc.ssl_target_name_override': security.serverName }
}

/** HealthCheckRequest: field 1, the name of the service. */
function encodeRequest(service: string): Buffer {
  const name = Buffer.from(service)
  return name.length === 0 ? name : Buffer.concat([Buffer.from([0x0a, ...varint(name.length)]), name])
}

function varint(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...varint(value >>> 7)]
}

/** HealthCheckResponse: field 1, the status; absent is UNKNOWN. */
function decodeResponse(message: Buffer): string {
  const code = message[0] === 0x08 ? (message[1] ?? 0) : 0
  return STATUSES[code] ?? `${code}`
}
