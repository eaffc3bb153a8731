// Generates src/gen: TypeScript for the parts of Envoy's API that Isthmus uses, and everything they import.
// The descriptors come from a pinned Python wheel, the code from protoc-gen-es; no protobuf compiler is needed.
// The roots are listed in envoy-api.json. Running it again with nothing changed does nothing.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import * as wellKnown from '@bufbuild/protobuf/wkt'
import { cacheRoot } from '../src/rim/cache-root.ts'
import api from './envoy-api.json' with { type: 'json' }
import { python, replaceFolder, withWheel } from './wheel.ts'

type File = wellKnown.FileDescriptorProto

const project = join(import.meta.dirname, '..')
const target = join(project, 'src', 'gen')
const plugin = join(project, 'node_modules', '@bufbuild', 'protoc-gen-es')
const parameter = 'target=ts,import_extension=ts,erasable_syntax=true'

/** Brings src/gen up to date and says in a few words what it did. */
export function generateProto(): string {
  const stamp = inputsStamp()
  const stampPath = join(target, '.stamp')
  if (existsSync(stampPath) && readFileSync(stampPath, 'utf8') === stamp) return 'up to date'

  const generated = runPlugin(withImports(readDescriptors(), api.roots))
  replaceFolder(target, folder => {
    for (const { name, content } of generated) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), content)
    }
    writeFileSync(join(folder, '.stamp'), stamp)
  })
  return `${generated.length} files generated from ${api.package} ${api.version}`
}

/** Changes whenever the generated code would. */
function inputsStamp(): string {
  const pluginManifest = readFileSync(join(plugin, 'package.json'))
  return createHash('sha256').update(JSON.stringify({ api, parameter })).update(pluginManifest).digest('hex')
}

/** Every file descriptor of the wheel by name, and the well-known types that the wheel leaves to its runtime. */
function readDescriptors(): ReadonlyMap<string, File> {
  const dump = join(cacheRoot(), `${api.package}-${api.version}-${api.sha256.slice(0, 16)}.binpb`)
  if (!existsSync(dump)) {
    mkdirSync(dirname(dump), { recursive: true })
    const fresh = `${dump}.new-${process.pid}`
    withWheel(api, wheel => python([join(project, 'tools', 'dump-descriptors.py'), wheel, fresh]))
    renameSync(fresh, dump)
  }

  const files = new Map<string, File>()
  for (const value of Object.values(wellKnown)) {
    if (typeof value === 'object' && 'kind' in value && value.kind === 'file') files.set(value.proto.name, value.proto)
  }
  for (const file of fromBinary(wellKnown.FileDescriptorSetSchema, readFileSync(dump)).file) files.set(file.name, file)
  return files
}

/** The roots and all they import, each after its imports, as the plugin's protocol wants it. */
function withImports(files: ReadonlyMap<string, File>, roots: readonly string[]): readonly File[] {
  const ordered = new Map<string, File>()
  const visit = (name: string): void => {
    if (ordered.has(name)) return
    const file = files.get(name)
    if (!file) throw new Error(`${name}: not among the descriptors of ${api.package} ${api.version}`)
    file.dependency.forEach(visit)
    ordered.set(name, file)
  }
  roots.forEach(visit)
  return [...ordered.values()]
}

function runPlugin(files: readonly File[]): readonly wellKnown.CodeGeneratorResponse_File[] {
  const request = create(wellKnown.CodeGeneratorRequestSchema, {
    fileToGenerate: files.map(file => file.name).filter(name => !name.startsWith('google/protobuf/')),
    parameter,
    protoFile: [...files],
  })
  const result = spawnSync(process.execPath, [join(plugin, 'bin', 'protoc-gen-es')], {
    input: toBinary(wellKnown.CodeGeneratorRequestSchema, request),
    maxBuffer: 256 << 20,
  })
  if (result.error) throw result.error
  if (result.status !== 0) throw new Error(`protoc-gen-es failed:\n${result.stderr}`)
  const response = fromBinary(wellKnown.CodeGeneratorResponseSchema, result.stdout)
  if (response.error) throw new Error(`protoc-gen-es: ${response.error}`)
  return response.file
}
