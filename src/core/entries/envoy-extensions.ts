// Named changes to Envoy resources, as service-defaults and proxy-defaults list them.

import { bool, type Infer, type Issue, opaque, string, withDefault } from '../../lib/schema.ts'
import { sparse } from './sparse.ts'

export const envoyExtension = sparse({
  Name: withDefault(string(), ''),
  Required: withDefault(bool(), false),
  Arguments: opaque(),
  ConsulVersion: withDefault(string(), ''),
  EnvoyVersion: withDefault(string(), ''),
})

export type EnvoyExtension = Infer<typeof envoyExtension>

const BUILT_IN = [
  'builtin/aws/lambda',
  'builtin/ext-authz',
  'builtin/lua',
  'builtin/otel-access-logging',
  'builtin/property-override',
  'builtin/wasm',
]

/** Every extension must be one of the built-in ones. */
export function checkExtensions(list: readonly EnvoyExtension[]): Issue[] {
  return list.flatMap((extension, i) => {
    const path = `EnvoyExtensions[${i}].Name`
    if (extension.Name === '') return [{ path, message: 'is required' }]
    if (BUILT_IN.includes(extension.Name)) return []
    return [
      { path, message: `name "${extension.Name}" is not a built-in extension; allowed are ${BUILT_IN.join(', ')}` },
    ]
  })
}
