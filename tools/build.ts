// Bundles src/main.ts and the workers to dist/, split so that a dynamic import stays a separate file loaded on use.
// All output lies flat in dist/, so `new URL('./name.worker.js', import.meta.url)` finds a worker from any chunk.
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import * as esbuild from 'esbuild'

const project = join(import.meta.dirname, '..')
const dist = join(project, 'dist')

// Chunks of an earlier build stay this long, for the processes that still run from it and import lazily.
const staleAfterMs = 3_600_000

/** Brings dist/ up to date and says in a few words what it did. Throws with esbuild's messages when a source is broken. */
export async function build(): Promise<string> {
  const result = await esbuild.build({
    absWorkingDir: project,
    entryPoints: ['src/main.ts', ...workers()],
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    outdir: 'dist',
    write: false,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    // libsql loads a native file; the others are only reached by features of grpc-js that nothing here uses.
    external: ['libsql', '@grpc/proto-loader'],
    // Bundled CommonJS packages ask for Node's own modules with `require`, which ES modules lack.
    banner: { js: "import{createRequire as __require_}from'node:module';const require=__require_(import.meta.url);" },
    logLevel: 'silent',
  })

  mkdirSync(dist, { recursive: true })
  const changed = result.outputFiles.filter(file => writeIfChanged(file.path, file.contents)).length
  removeStale(new Set(result.outputFiles.map(file => basename(file.path))))
  return changed === 0 ? 'up to date' : `${changed} files written`
}

/** Every `x.worker.ts` under src/rim: a file that is started as a worker thread. */
function workers(): string[] {
  const files = readdirSync(join(project, 'src', 'rim'), { recursive: true, encoding: 'utf8' })
  return files.filter(file => file.endsWith('.worker.ts')).map(file => join('src', 'rim', file))
}

/** Writes a file whole or not at all, since a process may start from it at any moment; true if it was different. */
function writeIfChanged(path: string, contents: Uint8Array): boolean {
  if (existsSync(path) && readFileSync(path).equals(contents)) return false
  const fresh = `${path}.new-${process.pid}`
  writeFileSync(fresh, contents)
  renameSync(fresh, path)
  return true
}

function removeStale(current: ReadonlySet<string>): void {
  for (const name of readdirSync(dist)) {
    const path = join(dist, name)
    if (!current.has(name) && Date.now() - statSync(path).mtimeMs > staleAfterMs) rmSync(path)
  }
}

if (process.argv[1] === import.meta.filename) console.log(`dist: ${await build()}`)
