// Resources that differ between proxies in nothing but the certificate and the key inside. They are made, checked and encoded once,
// with stand-ins for both; for each proxy its own are put in their place, which costs a copy of the bytes.

import type { Issue } from '../../lib/schema.ts'
import { sha256Hex } from '../../lib/sha256.ts'
import { resourceChunk } from './chunk.ts'
import { type EncodedResource, encodeResource, type ResourceMessages } from './make-resource.ts'
import type { Resource, ResourceType } from './resource.ts'
import { pemText, type TlsIdentity } from './tls.ts'
import { type Gap, WireTemplate } from './wire-template.ts'

const CERTIFICATE = '{certificate of the proxy}'
const KEY = '{private key of the proxy}'

/** Half of a version says which template it is, half whose certificate is inside. */
const HALF_VERSION = 16

/** What fills the gaps of templates: made once for all resources of a proxy. */
export class IdentityFill {
  readonly certificate: Buffer
  readonly key: Buffer
  readonly version: string

  constructor({ certPem, privateKeyPem }: TlsIdentity) {
    this.certificate = Buffer.from(pemText([certPem]))
    this.key = Buffer.from(pemText([privateKeyPem]))
    this.version = sha256Hex(Buffer.concat([this.certificate, this.key])).slice(0, HALF_VERSION)
  }
}

export class IdentityTemplate {
  readonly type: ResourceType
  readonly name: string
  readonly children: readonly string[]
  readonly issues: readonly Issue[]
  readonly #version: string
  readonly #bytes: WireTemplate

  /** `make` gets an identity that trusts these roots and makes the message with it. */
  constructor(
    type: ResourceType,
    roots: readonly string[],
    make: (identity: TlsIdentity) => ResourceMessages[ResourceType],
  ) {
    const encoded: EncodedResource = encodeResource(type, make({ certPem: CERTIFICATE, privateKeyPem: KEY, roots }))
    this.type = type
    this.name = encoded.name
    this.children = encoded.children
    this.issues = encoded.issues
    this.#version = encoded.version
    this.#bytes = new WireTemplate(encoded.bytes, [gap(CERTIFICATE), gap(KEY)])
  }

  /** The resource of one proxy. */
  fill(identity: IdentityFill): Resource {
    // Where no certificate is inside, another one changes nothing.
    const version = this.#bytes.hasGaps ? `${this.#version.slice(0, HALF_VERSION)}${identity.version}` : this.#version
    return new FilledResource(this, version, identity)
  }

  chunk(version: string, { certificate, key }: IdentityFill): Uint8Array {
    return resourceChunk(this.type, this.name, version, this.#bytes.fill([certificate, key]))
  }
}

function gap(text: string): Gap {
  return Buffer.from(pemText([text]))
}

/** Keeps no bytes: they are sent to one proxy, once as a rule. */
class FilledResource implements Resource {
  readonly version: string
  readonly #template: IdentityTemplate
  readonly #identity: IdentityFill

  constructor(template: IdentityTemplate, version: string, identity: IdentityFill) {
    this.version = version
    this.#template = template
    this.#identity = identity
  }

  get type(): ResourceType {
    return this.#template.type
  }

  get name(): string {
    return this.#template.name
  }

  get chunk(): Uint8Array {
    return this.#template.chunk(this.version, this.#identity)
  }

  get children(): readonly string[] {
    return this.#template.children
  }

  get issues(): readonly Issue[] {
    return this.#template.issues
  }
}
