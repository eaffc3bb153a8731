// PEM files that the configuration names.

import { readFileSync } from 'node:fs'
import { Fault } from '../core/model/fault.ts'

/** The text of a file. Throws Fault('invalid') naming the field, such as `tls.https.key_file`, and the path. */
export function readTlsFile(field: string, path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new Fault('invalid', `${field}: cannot read ${path}`, { cause: error })
  }
}
