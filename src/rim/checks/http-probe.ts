// A check by an HTTP request: its status code decides.

import http from 'node:http'
import https from 'node:https'
import type { Status } from '../../core/model/check.ts'
import { Fault } from '../../core/model/fault.ts'
import { critical, type Probe, type ProbeResult, type ProbeTls, untilAborted } from './probe.ts'
import { TailBuffer } from './tail-buffer.ts'

export interface HttpProbeOptions {
  readonly url: string
  readonly method: string
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly body: string
  readonly followRedirects: boolean
  readonly tls: ProbeTls
  /** How many bytes of the answer, counted from its end, the output shows. */
  readonly outputMaxSize: number
}

interface Request {
  readonly url: URL
  readonly method: string
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly body: string
}

interface Response {
  readonly code: number
  readonly reason: string
  readonly location: string | undefined
  readonly text: string
}

const MAX_REDIRECTS = 10
const SECRET_HEADERS = ['authorization', 'cookie', 'www-authenticate']

/** Passing for 2xx, warning for 429, else critical. Throws Fault('invalid') for a URL that is not http or https. */
export function httpProbe(options: HttpProbeOptions): Probe {
  const first: Request = { ...options, url: parseUrl(options.url) }
  return async signal => {
    let request = first
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const response = await send(request, options, signal)
      const next = options.followRedirects ? redirected(request, response) : undefined
      if (!next) return judge(options, response)
      request = next
    }
    return critical(`${nameOf(options)}: stopped after ${MAX_REDIRECTS} redirects`)
  }
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url
  throw new Fault('invalid', `invalid check URL "${text}"; expected http:// or https://`)
}

function judge(options: HttpProbeOptions, { code, reason, text }: Response): ProbeResult {
  return { status: statusOf(code), output: `${nameOf(options)}: ${code} ${reason} Output: ${text}` }
}

/** The request in words, without the password a URL may carry. */
function nameOf({ method, url }: HttpProbeOptions): string {
  const shown = new URL(url)
  if (shown.username === '' && shown.password === '') return `HTTP ${method} ${url}`
  shown.username = ''
  shown.password = ''
  return `HTTP ${method} ${shown.href}`
}

function statusOf(code: number): Status {
  if (code >= 200 && code <= 299) return 'passing'
  return code === 429 ? 'warning' : 'critical'
}

function send(request: Request, options: HttpProbeOptions, signal: AbortSignal): Promise<Response> {
  return untilAborted(signal, (resolve, reject) => {
    const outgoing = open(request, options.tls)
    outgoing.on('error', reject)
    outgoing.once('response', incoming => {
      const body = new TailBuffer(options.outputMaxSize)
      incoming.on('data', chunk => body.push(chunk))
      incoming.on('error', reject)
      incoming.once('end', () => resolve(describe(incoming, body)))
    })
    outgoing.end(request.body)
    return () => outgoing.destroy()
  })
}

function open(request: Request, tls: ProbeTls): http.ClientRequest {
  const options: https.RequestOptions = { method: request.method, agent: false, headers: outgoingHeaders(request) }
  if (request.url.protocol === 'http:') return http.request(request.url, options)
  options.rejectUnauthorized = !tls.skipVerify
  if (tls.serverName !== undefined) options.servername = tls.serverName
  return https.request(request.url, options)
}

function outgoingHeaders({ headers, body }: Request): http.OutgoingHttpHeaders {
  const out: http.OutgoingHttpHeaders = {
    'user-agent': 'Consul Health Check',
    accept: 'text/plain, text/*, */*',
  }
  for (const [name, values] of Object.entries(headers)) {
    out[name.toLowerCase()] = values.length === 1 ? values[0] : [...values]
  }
  // Without it the platform would send the body of a GET with no end to it.
  if (body !== '') out['content-length'] = Buffer.byteLength(body)
  return out
}

function describe(incoming: http.IncomingMessage, body: TailBuffer): Response {
  return {
    code: incoming.statusCode ?? 0,
    reason: incoming.statusMessage ?? '',
    location: incoming.headers.location,
    text: body.toString(),
  }
}

/** The request a redirect asks for: 307 and 308 repeat it, the others ask anew with GET. */
function redirected(request: Request, { code, location }: Response): Request | undefined {
  if (location === undefined || ![301, 302, 303, 307, 308].includes(code)) return undefined
  if (!URL.canParse(location, request.url.href)) return undefined
  const url = new URL(location, request.url)
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined
  const kept = Object.entries(request.headers).filter(([name]) => isKept(name, url.host === request.url.host))
  const headers = Object.fromEntries(kept)
  if (code === 307 || code === 308) return { ...request, url, headers }
  return { url, headers, method: request.method === 'HEAD' ? 'HEAD' : 'GET', body: '' }
}

/** Secrets, and the name of the first host, are not carried to another host. */
function isKept(header: string, sameHost: boolean): boolean {
  const name = header.toLowerCase()
  return sameHost || (name !== 'host' && !SECRET_HEADERS.includes(name))
}
