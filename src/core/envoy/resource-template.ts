// Resources that differ in nothing but some names, addresses and the certificate inside. One of them is made, checked and encoded, with
// stand-ins for what differs; for all others the bytes are copied with their own values in place of the stand-ins.

import { bytesSize, stringSize, varintFieldSize, WireWriter } from '../../lib/protobuf-wire.ts'
import { sha256Hex } from '../../lib/sha256.ts'
import { resourceChunk } from './chunk.ts'
import { type EncodedResource, encodeResource, type ResourceMessages, versionOf } from './make-resource.ts'
import type { Resource, ResourceType } from './resource.ts'
import { pemText } from './tls.ts'
import { type Gap, WireTemplate } from './wire-template.ts'

/** An IP address and port; makers put it into a message by `socketAddress`. */
export interface SocketPlace {
  readonly address: string
  readonly port: number
}

/** A text that is the whole of a field, or an address. */
export type Value = string | SocketPlace
export type Values = Readonly<Record<string, Value>>

/** PEM texts of a proxy's own certificate. */
export interface OwnCertificate {
  readonly certPem: string
  readonly privateKeyPem: string
}

/** A certificate ready to be filled in: made once for all resources of a proxy. */
export class CertificateFill implements OwnCertificate {
  readonly certPem: string
  readonly privateKeyPem: string
  readonly fillings: readonly Uint8Array[]
  readonly version: string

  constructor({ certPem, privateKeyPem }: OwnCertificate) {
    this.certPem = certPem
    this.privateKeyPem = privateKeyPem
    this.fillings = [pemBytes(certPem), pemBytes(privateKeyPem)]
    this.version = sha256Hex(Buffer.concat(this.fillings))
  }
}

export type Make<V extends Values> = (values: V, own: OwnCertificate) => ResourceMessages[ResourceType]

export class ResourceTemplate<V extends Values> {
  readonly #type: ResourceType
  readonly #standIns: V
  readonly #encoded: Omit<EncodedResource, 'bytes' | 'version'>
  readonly #bytes: WireTemplate
  /** Of all that is the same in every resource. */
  readonly #version: string

  /**
   * `make` must put values into fields whole. `key` says all that it depends on besides; as stand-ins are made of its digest, no
   * text that is part of the key can be taken for one. Of `like` only the shape counts.
   */
  constructor(type: ResourceType, key: string, like: V, make: Make<V>) {
    const digest = sha256Hex(Buffer.from(key))
    const own = { certPem: `{certificate ${digest}}`, privateKeyPem: `{private key ${digest}}` }
    this.#type = type
    this.#standIns = mapValues(like, (value, name) => standIn(value, `{${name} ${digest}}`))
    const { bytes, name, children, issues } = encodeResource(type, make(this.#standIns, own))
    this.#encoded = { name, children, issues }
    const gaps = [...valueBytes(this.#standIns), ...new CertificateFill(own).fillings]
    this.#bytes = new WireTemplate(bytes, gaps)
    this.#version = versionOf(this.#bytes.fill(gaps.map((_, i) => Buffer.from(String(i)))))
  }

  get isValid(): boolean {
    return this.#encoded.issues.length === 0
  }

  /** The resource with these values, for the proxy that has this certificate. */
  fill(values: V, own: CertificateFill): Resource {
    return new FilledResource(this.#type, this, values, own)
  }

  /** `text`, or the value that it stands in for. */
  #real(text: string, values: V): string {
    for (const name of Object.keys(values)) {
      const value = values[name]
      if (this.#standIns[name] === text && typeof value === 'string') return value
    }
    return text
  }

  name(values: V): string {
    return this.#real(this.#encoded.name, values)
  }

  children(values: V): readonly string[] {
    return this.#encoded.children.map(child => this.#real(child, values))
  }

  /** Depends on what is inside only: another certificate changes nothing where none is. */
  version(values: V, own: CertificateFill): string {
    const { present } = this.#bytes
    const inside = Object.values(values).filter((_, i) => present[i])
    const hasCertificate = present.at(-1) || present.at(-2)
    if (inside.length === 0 && !hasCertificate) return this.#version
    const contents = JSON.stringify([this.#version, inside, hasCertificate ? own.version : ''])
    return versionOf(Buffer.from(contents))
  }

  chunk(name: string, version: string, values: V, own: CertificateFill): Uint8Array {
    return resourceChunk(this.#type, name, version, this.#bytes.fill([...valueBytes(values), ...own.fillings]))
  }
}

/** Keeps no bytes: they are sent to one proxy, once as a rule. */
class FilledResource<V extends Values> implements Resource {
  readonly type: ResourceType
  readonly issues = NONE
  readonly name: string
  #version: string | undefined
  readonly #template: ResourceTemplate<V>
  readonly #values: V
  readonly #own: CertificateFill

  constructor(type: ResourceType, template: ResourceTemplate<V>, values: V, own: CertificateFill) {
    this.type = type
    this.name = template.name(values)
    this.#template = template
    this.#values = values
    this.#own = own
  }

  get version(): string {
    this.#version ??= this.#template.version(this.#values, this.#own)
    return this.#version
  }

  get chunk(): Uint8Array {
    return this.#template.chunk(this.name, this.version, this.#values, this.#own)
  }

  get children(): readonly string[] {
    return this.#template.children(this.#values)
  }
}

const NONE: readonly never[] = []

/** Any port that takes three bytes to write would do. */
const STAND_IN_PORT = 65_535

function standIn(value: Value, text: string): Value {
  return typeof value === 'string' ? text : { address: text, port: STAND_IN_PORT }
}

function mapValues<V extends Values>(values: V, map: (value: Value, name: string) => Value): V {
  // Every value stays of its type.
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, map(value, name)])) as V
}

function valueBytes(values: Values): readonly Gap[] {
  return Object.values(values).map(value => {
    return typeof value === 'string' ? Buffer.from(value) : addressBytes(value)
  })
}

const SOCKET_ADDRESS = 1
const ADDRESS = 2
const PORT_VALUE = 3

/** What `socketAddress` makes, encoded. */
function addressBytes({ address, port }: SocketPlace): Uint8Array {
  const size = stringSize(ADDRESS, address) + varintFieldSize(PORT_VALUE, port)
  const writer = new WireWriter(bytesSize(SOCKET_ADDRESS, size)).open(SOCKET_ADDRESS, size)
  return writer.string(ADDRESS, address).varint(PORT_VALUE, port).finish()
}

function pemBytes(pem: string): Uint8Array {
  return Buffer.from(pemText([pem]))
}
