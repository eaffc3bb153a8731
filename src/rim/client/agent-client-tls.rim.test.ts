// An agent's API over TLS, with certificates that are trusted, foreign or for another name.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { START, sign, testKey, testRoot } from '../../../test/support/authority.ts'
import { noExtensions } from '../../lib/x509/extensions.ts'
import { commonName } from '../../lib/x509/name.ts'
import { certificatePem } from '../../lib/x509/read-certificate.ts'
import { NO_NAMES } from '../../lib/x509/subject-alt-names.ts'
import { createAgentClient } from './agent-client.ts'
import { resolveClientOptions } from './client-options.ts'

const NO_FLAGS = {
  'http-addr': '',
  token: '',
  'token-file': '',
  'ca-file': '',
  'ca-path': '',
  'client-cert': '',
  'client-key': '',
  'tls-server-name': '',
  namespace: '',
  partition: '',
}

let folder: string
let server: Server
let env: Record<string, string>

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'isthmus-tls-'))
  const now = Date.now()
  const root = testRoot(now)
  const { key, keyPem } = testKey()
  const template = {
    serial: Uint8Array.of(42),
    issuer: root.certificate.subject,
    subject: commonName('server'),
    notBefore: START,
    notAfter: now + 86_400_000,
    spki: key.publicKey.spki,
    extensions: { ...noExtensions(), subjectAltNames: { ...NO_NAMES, dns: ['server.dc1.consul'] } },
  }
  const cert = certificatePem(sign(template, root.key).der)
  writeFileSync(join(folder, 'ca.pem'), certificatePem(root.certificate.der))
  server = createServer({ key: keyPem, cert }, (_request, response) => response.end('"ok"'))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  env = { CONSUL_HTTP_ADDR: `127.0.0.1:${(server.address() as AddressInfo).port}`, CONSUL_HTTP_SSL: 'true' }
})

afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

function ask(flags: Partial<typeof NO_FLAGS>, more: Record<string, string> = {}): Promise<unknown> {
  const options = resolveClientOptions({ ...NO_FLAGS, ...flags }, { ...env, ...more })
  return createAgentClient(options).json({ path: '/v1/status/leader' })
}

describe('agent client over TLS', () => {
  test('trusts the authority it is given, by file, folder or environment', async () => {
    const name = { 'tls-server-name': 'server.dc1.consul' }
    expect(await ask({ ...name, 'ca-file': join(folder, 'ca.pem') })).toBe('ok')
    expect(await ask({ ...name, 'ca-path': folder })).toBe('ok')
    const both = { CONSUL_CACERT: join(folder, 'ca.pem'), CONSUL_TLS_SERVER_NAME: 'server.dc1.consul' }
    expect(await ask({}, both)).toBe('ok')
  })

  test('says what to give when the certificate is foreign, or for another name', async () => {
    await expect(ask({})).rejects.toThrow(/its certificate is not trusted \(.*\)\. Give .* -ca-file or CONSUL_CACERT/)
    await expect(ask({ 'ca-file': join(folder, 'ca.pem') })).rejects.toThrow(
      /is for another name\. Give .* -tls-server-name/,
    )
  })

  test('trusts anything where that is asked for', async () => {
    expect(await ask({}, { CONSUL_HTTP_SSL_VERIFY: 'false' })).toBe('ok')
  })
})
