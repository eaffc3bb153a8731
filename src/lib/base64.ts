// Base64 of texts: the standard alphabet with padding, as Go's encoding/base64 writes it.

/** The base64 of a text's UTF-8 bytes. */
export function encodeBase64(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64')
}

const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/** The text in some base64; white space around and between is ignored. Undefined when it is no base64 or no UTF-8 text. */
export function decodeBase64(base64: string): string | undefined {
  const compact = base64.replace(/\s+/g, '')
  if (compact.length % 4 !== 0 || !BASE64.test(compact)) return undefined
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(compact, 'base64'))
  } catch {
    return undefined
  }
}
