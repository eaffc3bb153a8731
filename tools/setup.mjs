// `npm run setup`: brings a checkout to where tests and the sandbox can run. Safe to run again; with nothing to do it
// takes well under a second. This file runs before anything is installed, so it uses only what Node itself brings; the
// steps that may use packages are in setup-steps.ts.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { step } from './progress.mjs'

const project = fileURLToPath(new URL('..', import.meta.url))

await step('[1/5] Node', checkNode)
await step('[2/5] npm packages', installPackages)
const rest = spawnSync(process.execPath, ['--import', 'tsx', join('tools', 'setup-steps.ts')], {
  cwd: project,
  stdio: 'inherit',
})
process.exitCode = rest.status ?? 1

function checkNode() {
  const minimum = readJson('package.json').engines.node.replace('>=', '')
  const [major = 0, minor = 0] = minimum.split('.').map(Number)
  const [ownMajor = 0, ownMinor = 0] = process.versions.node.split('.').map(Number)
  if (ownMajor > major || (ownMajor === major && ownMinor >= minor)) return process.versions.node
  throw new Error(`Isthmus needs Node ${minimum} or newer, and this is ${process.versions.node}: https://nodejs.org`)
}

function installPackages() {
  if (isInstalled()) return 'up to date'
  const npm = process.env.npm_execpath
  const [command, ...args] = npm ? [process.execPath, npm, 'ci'] : ['npm', 'ci']
  const result = spawnSync(command ?? 'npm', args, { cwd: project, encoding: 'utf8' })
  if (result.error) throw result.error
  if (result.status !== 0) throw new Error(`npm ci failed:\n${result.stdout}${result.stderr}`)
  return 'installed'
}

/** Whether node_modules holds what the lockfile says; optional packages of packages may be absent, not different. */
function isInstalled() {
  const installed = join('node_modules', '.package-lock.json')
  if (!existsSync(join(project, installed))) return false
  const present = readJson(installed).packages
  const { '': root, ...wanted } = readJson('package-lock.json').packages
  return Object.entries(wanted).every(([path, { version, optional, os, cpu }]) => {
    if (present[path]) return present[path].version === version
    const isDirect = path.replace('node_modules/', '') in (root.optionalDependencies ?? {})
    return optional && !(isDirect && isForThisPlatform(os, cpu))
  })
}

/**
 * @param {readonly string[]} [os]
 * @param {readonly string[]} [cpu]
 */
function isForThisPlatform(os = [process.platform], cpu = [process.arch]) {
  return os.includes(process.platform) && cpu.includes(process.arch)
}

/** @param {string} path relative to the project */
function readJson(path) {
  return JSON.parse(readFileSync(join(project, path), 'utf8'))
}
