// The HTTP API over TLS, as `ports.https` and `tls` say.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TLSSocketOptions } from 'node:tls'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { START, sign, testKey, testRoot } from '../../test/support/authority.ts'
import { type RunningAgent, startRunningAgent } from '../../test/support/running-agent.ts'
import { noExtensions } from '../lib/x509/extensions.ts'
import { commonName } from '../lib/x509/name.ts'
import { certificatePem } from '../lib/x509/read-certificate.ts'
import { NO_NAMES } from '../lib/x509/subject-alt-names.ts'

let folder: string
let ca: string
let cert: string
let key: string
const path = (name: string) => join(folder, name)

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'isthmus-https-'))
  const now = Date.now()
  const root = testRoot(now)
  const own = testKey()
  const template = {
    serial: Uint8Array.of(42),
    issuer: root.certificate.subject,
    subject: commonName('agent'),
    notBefore: START,
    notAfter: now + 86_400_000,
    spki: own.key.publicKey.spki,
    extensions: { ...noExtensions(), subjectAltNames: { ...NO_NAMES, dns: ['localhost'] } },
  }
  ca = certificatePem(root.certificate.der)
  cert = certificatePem(sign(template, root.key).der)
  key = own.keyPem
  for (const [name, text] of [
    ['ca.pem', ca],
    ['cert.pem', cert],
    ['key.pem', key],
    ['foreign-key.pem', testKey().keyPem],
  ] as const) {
    writeFileSync(path(name), text)
  }
})
afterAll(() => rmSync(folder, { recursive: true }))

let running: RunningAgent | undefined
afterEach(async () => {
  await running?.close()
  running = undefined
})

async function start(https: object) {
  running = await startRunningAgent({ ports: { https: 0 }, tls: { https } })
  return running
}

function ask(agent: RunningAgent, options: TLSSocketOptions): Promise<string> {
  const url = `https://${agent.agent.httpsAddresses[0]}/v1/status/leader`
  return new Promise((resolve, reject) => {
    const request = get(url, { ...options, servername: 'localhost', agent: false } as object, response => {
      response.setEncoding('utf8').on('data', resolve)
    })
    request.on('error', reject)
  })
}

describe('HTTPS', () => {
  it('is served beside HTTP with the configured certificate', async () => {
    const agent = await start({ cert_file: path('cert.pem'), key_file: path('key.pem') })
    const { text } = await agent.call('GET', '/v1/status/leader')
    expect(await ask(agent, { ca } as object)).toBe(text)
    await expect(ask(agent, {})).rejects.toThrow('unable to')
  })

  it('takes only clients with a certificate of the CA when incoming connections are verified', async () => {
    const files = { cert_file: path('cert.pem'), key_file: path('key.pem'), ca_file: path('ca.pem') }
    const agent = await start({ ...files, verify_incoming: true })
    expect(await ask(agent, { ca, cert, key } as object)).toContain('127.0.0.1')
    await expect(ask(agent, { ca } as object)).rejects.toThrow()
  })

  it.each([
    [{}, 'tls.https.cert_file: is required where ports.https is not off'],
    [{ cert_file: 'cert.pem' }, 'tls.https.key_file: is required where ports.https is not off'],
    [{ cert_file: 'no.pem', key_file: 'key.pem' }, 'tls.https.cert_file: cannot read'],
    [{ cert_file: 'cert.pem', key_file: 'foreign-key.pem' }, 'tls.https: cert_file and key_file cannot be used'],
    [{ cert_file: 'cert.pem', key_file: 'key.pem', verify_incoming: true }, 'tls.https.ca_file: is required'],
  ])('is refused with files %j', async (files, reason) => {
    const inFolder = Object.entries(files).map(([name, value]) => [
      name,
      typeof value === 'string' ? path(value) : value,
    ])
    await expect(start(Object.fromEntries(inFolder))).rejects.toThrow(reason)
  })
})
