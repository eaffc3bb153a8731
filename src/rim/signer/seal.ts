// Secrets at rest: AES-256-GCM under a key in a file that only its owner can read. A stolen database without that file
// yields nothing; the label binds a sealed text to its purpose, so one cannot be passed off as another.

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { link, mkdir, open, readFile, stat, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { Fault } from '../../core/model/fault.ts'

export interface Sealer {
  /** Encrypts `text`; the answer is printable and may be stored anywhere. */
  seal(label: string, text: string): string
  /**
   * The text sealed under this label. Throws Fault `internal` when the key or the label is another, or the text was
   * altered.
   */
  open(label: string, sealed: string): string
}

const KEY_BYTES = 32
const NONCE_BYTES = 12
const TAG_BYTES = 16
const VERSION = 'v1.'
const FILE_NAME = 'seal.key'

/** A sealer with the key of this data directory; the key file is made on first use, with mode 0600. */
export async function openSealer(dataDir: string): Promise<Sealer> {
  const path = join(dataDir, FILE_NAME)
  await mkdir(dataDir, { recursive: true, mode: 0o700 })
  return sealerWith((await readKey(path)) ?? (await createKey(path)))
}

/** A sealer whose key is gone with the process, for state that is kept in memory only. */
export function ephemeralSealer(): Sealer {
  return sealerWith(randomBytes(KEY_BYTES))
}

function sealerWith(key: Buffer): Sealer {
  return {
    seal(label, text) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(label))
      const sealed = Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()])
      return VERSION + sealed.toString('base64')
    },
    open(label, sealed) {
      const bytes = Buffer.from(sealed.slice(VERSION.length), 'base64')
      if (!sealed.startsWith(VERSION) || bytes.length < NONCE_BYTES + TAG_BYTES) throw unopenable(label)
      const nonce = bytes.subarray(0, NONCE_BYTES)
      const options = { authTagLength: TAG_BYTES }
      const decipher = createDecipheriv('aes-256-gcm', key, nonce, options).setAAD(Buffer.from(label))
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES))
      try {
        const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES))
        return Buffer.concat([text, decipher.final()]).toString('utf8')
      } catch {
        throw unopenable(label)
      }
    },
  }
}

function unopenable(label: string): Fault {
  return new Fault('internal', `sealed data "${label}" cannot be opened: it was sealed with another key, or altered`)
}

async function readKey(path: string): Promise<Buffer | undefined> {
  const info = await stat(path).catch(absent)
  if (info === undefined) return undefined
  if ((info.mode & 0o077) !== 0) {
    const mode = (info.mode & 0o777).toString(8).padStart(4, '0')
    throw new Fault('denied', `${path} has mode ${mode}; others can read it. Run: chmod 600 ${path}`)
  }
  const key = Buffer.from((await readFile(path, 'utf8')).trim(), 'hex')
  if (key.length !== KEY_BYTES)
    throw new Fault('internal', `${path} is damaged: it must hold ${KEY_BYTES} bytes in hex`)
  return key
}

function absent(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
  throw error
}

// Written in full and flushed under another name, then linked: a crash leaves no half key, and of two starting at once
// both get the key of the first.
async function createKey(path: string): Promise<Buffer> {
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  const file = await open(draft, 'wx', 0o600)
  try {
    await file.writeFile(`${randomBytes(KEY_BYTES).toString('hex')}\n`)
    await file.sync()
    await link(draft, path).catch(alreadyThere)
  } finally {
    await file.close()
    await unlink(draft)
  }
  await syncFolder(path)
  const key = await readKey(path)
  if (key === undefined) throw new Error(`${path} vanished while it was made`)
  return key
}

function alreadyThere(error: unknown): void {
  if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(join(path, '..'), 'r')
  await folder.sync().finally(() => folder.close())
}
