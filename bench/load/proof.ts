// Whether a simulated Envoy has what a benchmark waits for, judged by what was sent to it.

import { X509Certificate } from 'node:crypto'
import type { XdsClient } from '../../test/support/xds-client.ts'
import type { DeltaResponse } from '../../test/support/xds-client-wire.ts'
import type { Proof } from './fleet.ts'

export type Judge = (client: XdsClient, response: DeltaResponse) => boolean

export function judgeOf(proof: Proof): Judge {
  switch (proof.kind) {
    case 'contains':
      return contains(proof.type, proof.name, Buffer.from(proof.hex, 'hex'))
    case 'complete':
      return isComplete
    case 'new-leaf':
      return hasNewLeaf(new Set(proof.oldRoots.map(pem => new X509Certificate(pem).fingerprint256)))
  }
}

function contains(type: string, name: string | undefined, bytes: Buffer): Judge {
  return (_, response) =>
    response.type === type &&
    response.resources.some(
      resource => (name === undefined || resource.name === name) && resource.message.includes(bytes),
    )
}

function isComplete({ held, isWaiting }: XdsClient): boolean {
  return held.cluster.size > 0 && held.listener.size > 0 && !isWaiting
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

/** A leaf issued by a root that is not an old one, by itself or through an intermediate that comes along. */
function hasNewLeaf(oldRoots: ReadonlySet<string>): Judge {
  const isNewRoot = (each: X509Certificate) =>
    each.ca && each.subject === each.issuer && each.verify(each.publicKey) && !oldRoots.has(each.fingerprint256)
  return (_, { type, resources }) => {
    if (type !== 'listener') return false
    return resources.some(({ message }) => {
      const pems = new Set(message.toString('latin1').match(CERTIFICATE) ?? [])
      const all = [...pems].map(pem => new X509Certificate(pem))
      const leaf = all.find(certificate => !certificate.ca)
      const roots = all.filter(isNewRoot)
      const issuers = all.filter(each => each.ca && roots.some(root => each.verify(root.publicKey)))
      return issuers.some(issuer => leaf?.verify(issuer.publicKey) === true)
    })
  }
}
