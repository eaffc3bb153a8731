// Bundles a program that lists a registry of Envoy's API, with the plugin and without.
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as esbuild from 'esbuild'
import { expect, test } from 'vitest'
import { fasterDescriptors } from './faster-descriptors.ts'
import { temporaryProject } from './temporary-project.ts'

const project = join(import.meta.dirname, '..')
const program = `
  import { createRegistry } from '@bufbuild/protobuf'
  import { file_envoy_config_bootstrap_v3_bootstrap as file } from './src/gen/envoy/config/bootstrap/v3/bootstrap_pb.ts'
  const types = [...createRegistry(file)].map(type => type.toString())
  const fields = file.messages.flatMap(message => message.fields).map(field => field + ' ' + (field.message ?? field.enum))
  console.log(JSON.stringify({ types, fields, dependencies: file.dependencies.map(String) }))`

async function run(plugins: esbuild.Plugin[]) {
  const outfile = join(temporaryProject({}), 'program.mjs')
  const stdin = { contents: program, resolveDir: project, loader: 'ts' as const }
  await esbuild.build({
    stdin,
    outfile,
    plugins,
    bundle: true,
    platform: 'node',
    format: 'esm',
    absWorkingDir: project,
  })
  const output = execFileSync(process.execPath, [outfile], { encoding: 'utf8', maxBuffer: 16 << 20 })
  return { output: JSON.parse(output), code: readFileSync(outfile, 'utf8') }
}

test('descriptors are the same as without the plugin, by other code', async () => {
  const plain = await run([])
  const faster = await run([fasterDescriptors])

  expect(plain.output.types).toContain('message envoy.config.bootstrap.v3.Bootstrap')
  expect(faster.output).toEqual(plain.output)
  expect(faster.code).not.toBe(plain.code)
})
