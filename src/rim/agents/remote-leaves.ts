// Certificates for what runs at a client agent: the key is made here and never leaves, a server signs.

import { Fault } from '../../core/model/fault.ts'
import { writeCsr } from '../../lib/x509/csr.ts'
import { noExtensions } from '../../lib/x509/extensions.ts'
import { EMPTY_NAME } from '../../lib/x509/name.ts'
import { readSigningKey } from '../../lib/x509/signature.ts'
import { NO_NAMES } from '../../lib/x509/subject-alt-names.ts'
import { newLeafKey } from '../signer/keys.ts'
import type { IssuedLeaf } from '../signer/signer.ts'
import { isRecord } from './is-record.ts'
import { AGENT_PATHS } from './protocol.ts'
import type { ServerLink } from './server-link.ts'

/** Issues leaves with a server's signature. Throws Fault('unavailable') without a server, or the server's refusal. */
export class RemoteLeaves {
  readonly #link: ServerLink

  constructor(link: ServerLink) {
    this.#link = link
  }

  async issueLeaf(spiffeUri: string): Promise<IssuedLeaf> {
    const { privateKeyPem } = newLeafKey()
    const body = Buffer.from(csrFor(spiffeUri, privateKeyPem))
    const answer = await this.#link.ask({ method: 'POST', path: AGENT_PATHS.signLeaf, body })
    const text = answer.body.toString('utf8')
    if (answer.status !== 200) throw new Fault(answer.status === 403 ? 'denied' : 'unavailable', text)
    return { ...readSigned(JSON.parse(text), spiffeUri), privateKeyPem }
  }
}

function csrFor(spiffeUri: string, privateKeyPem: string): string {
  const key = readSigningKey(privateKeyPem)
  if (!key.ok) throw new Error('a key made here cannot be read')
  return writeCsr(EMPTY_NAME, { ...noExtensions(), subjectAltNames: { ...NO_NAMES, uris: [spiffeUri] } }, key.value)
}

function readSigned(signed: unknown, wanted: string): Omit<IssuedLeaf, 'privateKeyPem'> {
  if (isRecord(signed)) {
    const { certPem, serialNumber, spiffeUri, validAfter, validBefore, signingKeyId } = signed
    const isWhole = typeof certPem === 'string' && typeof serialNumber === 'string' && typeof signingKeyId === 'string'
    if (isWhole && spiffeUri === wanted && typeof validAfter === 'number' && typeof validBefore === 'number') {
      return { certPem, serialNumber, spiffeUri, validAfter, validBefore, signingKeyId }
    }
  }
  throw new Fault('invalid', 'certificate: the server answered with something else')
}
