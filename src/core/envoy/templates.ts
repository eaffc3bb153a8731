// Templates of one kind of resource, made when they are first needed.

import { makeOwnResource } from './make-resource.ts'
import type { Resource, ResourceType } from './resource.ts'
import { CertificateFill, type Make, ResourceTemplate, type Value, type Values } from './resource-template.ts'

/** A resource but for the certificate of the proxy it is for. */
export interface Form {
  /** The certificate may be left out of resources that have none inside. */
  resource(own?: CertificateFill): Resource
}

/** More than that are rare enough to be begun anew. */
const MOST_TEMPLATES = 1_000

/** The rules for texts of any length and for empty ones are checked on what is really sent. */
const LONGEST_TEXT = 128

const NO_CERTIFICATE = new CertificateFill({ certPem: '', privateKeyPem: '' })

export class Templates<V extends Values> {
  readonly #type: ResourceType
  readonly #made = new Map<string, ResourceTemplate<V>>()

  constructor(type: ResourceType) {
    this.#type = type
  }

  /**
   * What `make` makes of `values`. `make` must put them into fields whole, and `key` must say all else that it depends on: with the
   * same key and other values it is not called again.
   */
  form(key: string, values: V, make: Make<V>): Form {
    const template = Object.values(values).every(isOrdinary) ? this.#template(key, values, make) : undefined
    if (template?.isValid) return { resource: (own = NO_CERTIFICATE) => template.fill(values, own) }
    return { resource: (own = NO_CERTIFICATE) => makeOwnResource(this.#type, () => make(values, own)) }
  }

  #template(key: string, values: V, make: Make<V>): ResourceTemplate<V> {
    const shapedKey = `${Object.keys(values)} ${key}`
    const known = this.#made.get(shapedKey)
    if (known !== undefined) return known
    if (this.#made.size >= MOST_TEMPLATES) this.#made.clear()
    const made = new ResourceTemplate(this.#type, shapedKey, values, make)
    this.#made.set(shapedKey, made)
    return made
  }
}

function isOrdinary(value: Value): boolean {
  const text = typeof value === 'string' ? value : value.address
  return text !== '' && text.length <= LONGEST_TEXT
}
