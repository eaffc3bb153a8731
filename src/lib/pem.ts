// PEM text (RFC 7468): blocks to text and back. Every block written ends with exactly one newline, so blocks can be
// concatenated.

import type { Decoded } from './schema.ts'

export interface PemBlock {
  /** The words between the dashes, such as `CERTIFICATE`. */
  readonly label: string
  readonly bytes: Uint8Array
}

/** One block with lines of 64 characters, ending with one newline. */
export function encodePem(label: string, bytes: Uint8Array): string {
  const base64 = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  let text = `-----BEGIN ${label}-----\n`
  for (let at = 0; at < base64.length; at += 64) text += `${base64.slice(at, at + 64)}\n`
  return `${text}-----END ${label}-----\n`
}

/** Joins PEM texts so that each ends with exactly one newline; empty texts vanish. */
export function joinPem(texts: readonly string[]): string {
  return texts
    .map(text => text.trim())
    .filter(text => text !== '')
    .map(text => `${text}\n`)
    .join('')
}

const BEGIN = /-----BEGIN ([A-Z0-9 ]{1,64})-----/g
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/**
 * All blocks of a text, in order. Text between blocks is ignored, as RFC 7468 asks; a block that does not end, or whose
 * body is not base64 (encrypted keys have header lines there), is an issue. Messages never quote the body.
 */
export function decodePem(text: string): Decoded<readonly PemBlock[]> {
  const blocks: PemBlock[] = []
  BEGIN.lastIndex = 0
  for (let begin = BEGIN.exec(text); begin !== null; begin = BEGIN.exec(text)) {
    const label = begin[1] ?? ''
    const end = text.indexOf(`-----END ${label}-----`, BEGIN.lastIndex)
    if (end < 0) return refuse(`PEM block "${label}" has no END line`)
    const body = text.slice(BEGIN.lastIndex, end)
    if (body.includes(':')) return refuse(`PEM block "${label}" has header lines; encrypted keys are not supported`)
    const base64 = body.replace(/\s+/g, '')
    if (base64.length % 4 !== 0 || !BASE64.test(base64)) return refuse(`PEM block "${label}" is not valid base64`)
    blocks.push({ label, bytes: new Uint8Array(Buffer.from(base64, 'base64')) })
    BEGIN.lastIndex = end
  }
  return { ok: true, value: blocks }
}

/** The bytes of the only block of a text, which must have one of these labels. */
export function decodeOnePem(text: string, labels: readonly string[]): Decoded<Uint8Array> {
  const blocks = decodePem(text)
  if (!blocks.ok) return blocks
  const [block] = blocks.value
  const expected = labels.map(label => `"${label}"`).join(' or ')
  if (block === undefined) return refuse(`expected a PEM block ${expected}, found none`)
  if (blocks.value.length > 1) return refuse(`expected one PEM block ${expected}, found ${blocks.value.length}`)
  if (!labels.includes(block.label)) return refuse(`expected a PEM block ${expected}, found "${block.label}"`)
  return { ok: true, value: block.bytes }
}

function refuse(message: string): {
  readonly ok: false
  readonly issues: readonly { path: string; message: string }[]
} {
  return { ok: false, issues: [{ path: '', message }] }
}
