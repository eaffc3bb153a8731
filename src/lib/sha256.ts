// SHA-256 of bytes, as the pure core may use it: same input, same output.

import { hash } from 'node:crypto'

/** Lower-case hex of the digest. */
export function sha256Hex(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex')
}
