// Knocks at addresses of peers, hop by hop: does the name resolve, does somebody listen, is the certificate good.

import { lookup } from 'node:dns/promises'
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls, type PeerCertificate } from 'node:tls'
import type { Probe, ProbeTarget } from '../../core/peering/doctor/probe.ts'
import { splitHostPort } from '../../lib/host-port.ts'
import { joinPem } from '../../lib/pem.ts'

const PATIENCE_MS = 3_000

/** Knocks once, for as long as the signal lets it. Never rejects. */
export async function knock(target: ProbeTarget, until?: AbortSignal): Promise<Probe> {
  const at = splitHostPort(target.address)
  if (at === undefined) return { target, failed: 'names', problem: 'it is not host:port' }
  const patience = AbortSignal.timeout(PATIENCE_MS)
  const signal = until === undefined ? patience : AbortSignal.any([patience, until])
  let hop: 'names' | 'connect' | 'tls' = 'names'
  let socket: Socket | undefined
  try {
    const host = isIP(at.host) === 0 ? await resolved(at.host, signal) : at.host
    hop = 'connect'
    socket = await connected(connectTcp({ host, port: at.port }), 'connect', signal)
    if (target.tls !== undefined) {
      hop = 'tls'
      socket = await secured(socket, target.tls, signal)
    }
    return { target, failed: 'done', problem: '' }
  } catch (error) {
    return { target, failed: hop, problem: reasonOf(error) }
  } finally {
    socket?.destroy()
  }
}

async function resolved(host: string, signal: AbortSignal): Promise<string> {
  signal.throwIfAborted()
  const silence = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  return (await Promise.race([lookup(host), silence])).address
}

function secured(socket: Socket, tls: NonNullable<ProbeTarget['tls']>, signal: AbortSignal): Promise<Socket> {
  const { serverName } = tls
  const wrongName = (_: string, certificate: PeerCertificate) => {
    const names = certificate.subjectaltname ?? ''
    if (names.split(', ').includes(`DNS:${serverName}`)) return undefined
    return new Error(`its certificate is for ${names || 'nobody'}, not for ${serverName}`)
  }
  const ca = joinPem(tls.authorities)
  const secure = connectTls({
    socket,
    servername: serverName,
    ca,
    ALPNProtocols: ['h2'],
    checkServerIdentity: wrongName,
  })
  return connected(secure, 'secureConnect', signal)
}

function connected<S extends Socket>(socket: S, event: 'connect' | 'secureConnect', signal: AbortSignal): Promise<S> {
  return new Promise((resolve, reject) => {
    const giveUp = () => {
      socket.destroy()
      reject(signal.reason)
    }
    if (signal.aborted) return giveUp()
    signal.addEventListener('abort', giveUp, { once: true })
    socket.once(event, () => {
      signal.removeEventListener('abort', giveUp)
      resolve(socket)
    })
    // Stays: what breaks after the knock is nobody's concern, and must not be an error nobody has caught.
    socket.on('error', reject)
    socket.once('close', () => reject(new Error('the connection was closed at once')))
  })
}

const WORDS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'there is no such name',
  EAI_AGAIN: 'the name servers do not answer',
  ECONNREFUSED: 'nobody listens there',
  ECONNRESET: 'the connection was closed at once',
  EHOSTUNREACH: 'there is no way to that host',
  ENETUNREACH: 'there is no way to that network',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is from an authority that the token does not name',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is from an authority that the token does not name',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is from an authority that the token does not name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is from an authority that the token does not name',
  CERT_SIGNATURE_FAILURE: 'its certificate is from an authority that the token does not name',
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${PATIENCE_MS / 1000} seconds`
  const code = 'code' in error ? String(error.code) : ''
  return WORDS[code] ?? error.message
}
