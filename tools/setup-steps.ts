// The set-up's steps that need installed packages; setup.mjs runs this file after it has installed them.
import { build } from './build.ts'
import { generateProto } from './generate-proto.ts'
import { installEnvoy } from './install-envoy.ts'
import { step } from './progress.mjs'

await step("[3/5] protobuf code for Envoy's API", generateProto)
await step('[4/5] dist', build)
await step('[5/5] Envoy', installEnvoy)
