// Bundles src/main.ts and the workers to dist/, split so that a dynamic import stays a separate file loaded on use.
// All output lies flat in dist/, so `new URL('./name.worker.js', import.meta.url)` finds a worker from any chunk.
// A build may run while processes start and run from dist/: files appear whole, and entries after what they import.
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import * as esbuild from 'esbuild'
import { fasterDescriptors } from './faster-descriptors.ts'

const project = join(import.meta.dirname, '..')
const dist = join(project, 'dist')

// Chunks of earlier builds stay this long, for the processes that still run from them and import lazily.
const staleAfterMs = 3_600_000

/** Brings dist/ up to date and says in a few words what it did. Throws with esbuild's messages when a source is broken. */
export async function build(): Promise<string> {
  const [workers, main] = await Promise.all([bundle(workerSources()), bundle(['src/main.ts'])])
  const files = [...workers, ...main]
  const changed = write(files)
  removeStale(new Set(files.map(file => basename(file.path))))
  return changed === 0 ? 'up to date' : `${changed} files written`
}

/** Brings only the workers up to date, for tests that run sources but start threads. */
export async function buildWorkers(): Promise<void> {
  write(await bundle(workerSources()))
}

/** Every `x.worker.ts` under src/rim: a file that is started as a worker thread. */
function workerSources(): string[] {
  const files = readdirSync(join(project, 'src', 'rim'), { recursive: true, encoding: 'utf8' })
  return files.filter(file => file.endsWith('.worker.ts')).map(file => join('src', 'rim', file))
}

async function bundle(entryPoints: string[]): Promise<readonly esbuild.OutputFile[]> {
  if (entryPoints.length === 0) return []
  const result = await esbuild.build({
    absWorkingDir: project,
    entryPoints,
    entryNames: '[name]',
    chunkNames: '[name]-[hash]',
    outdir: 'dist',
    write: false,
    bundle: true,
    // Less to read at every start. Names stay, and lines stay short, so that a stack trace says where it is.
    minifyWhitespace: true,
    minifySyntax: true,
    lineLimit: 160,
    legalComments: 'linked',
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    sourcemap: true,
    sourcesContent: false,
    // libsql loads a native file; proto-loader is only reached by features of grpc-js that nothing here uses.
    external: ['libsql', '@grpc/proto-loader'],
    // Bundled CommonJS packages ask for Node's own modules with `require`, which ES modules lack.
    banner: { js: "import{createRequire as __require_}from'node:module';const require=__require_(import.meta.url);" },
    plugins: [fasterDescriptors],
    logLevel: 'silent',
  })
  return result.outputFiles
}

/** Writes the files that differ, chunks first; returns how many did. The time of a file is that of its latest build. */
function write(files: readonly esbuild.OutputFile[]): number {
  mkdirSync(dist, { recursive: true })
  const isChunk = (file: esbuild.OutputFile) => /-[A-Z0-9]{8}\.js$/.test(file.path)
  const ordered = [...files.filter(isChunk), ...files.filter(file => !isChunk(file))]
  return ordered.filter(file => writeIfChanged(file.path, file.contents)).length
}

function writeIfChanged(path: string, contents: Uint8Array): boolean {
  if (existsSync(path) && readFileSync(path).equals(contents)) {
    utimesSync(path, new Date(), new Date())
    return false
  }
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
