// Distinguished names. Kept as DER, because chains match names byte for byte; only the common name is written or shown.

import { type DerNode, element, expectTag, oid, readOid, sequence, setOfOne, TAG, utf8String } from '../asn1.ts'
import { OID } from './oids.ts'

const PRINTABLE = /^[A-Za-z0-9 '()+,./:=?-]*$/

/** DER of the name without any part. */
export const EMPTY_NAME: Uint8Array = sequence()

/** DER of a name that is only a common name; PrintableString where the text allows it, as most software writes it. */
export function commonName(text: string): Uint8Array {
  const value = PRINTABLE.test(text) ? element(TAG.printableString, new TextEncoder().encode(text)) : utf8String(text)
  return sequence(setOfOne(sequence(oid(OID.commonName), value)))
}

/** Checks the shape of a Name and returns its first common name, '' when there is none. Throws Asn1Error. */
export function readCommonName(node: DerNode | undefined, what: string): string {
  let found: string | undefined
  for (const rdn of expectTag(node, TAG.sequence, what).children) {
    for (const attribute of expectTag(rdn, TAG.set, what).children) {
      const [id, value] = expectTag(attribute, TAG.sequence, what).children
      if (readOid(id, what) !== OID.commonName || value === undefined) continue
      found ??= new TextDecoder().decode(value.content)
    }
  }
  return found ?? ''
}
