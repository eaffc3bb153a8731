// The import laws as tables. A new folder directly under src or src/core gets its line here.

const everything = ['lib', 'gen', 'core', 'rim', 'dataplane', 'cli', 'agent', 'sandbox']

/** Folder directly under src -> the other folders it may import. */
export const layers: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  gen: [],
  core: ['lib', 'gen'],
  rim: ['lib', 'gen', 'core'],
  dataplane: ['lib', 'gen', 'core', 'rim'],
  cli: ['lib', 'gen', 'core', 'rim'],
  sandbox: ['lib', 'gen', 'core', 'rim', 'cli'],
  agent: everything,
  'main.ts': everything,
}

/** Folder directly under src/core -> its rank; it may import folders of its own rank and below. */
export const coreRanks: Readonly<Record<string, number>> = {
  model: 0,
  acl: 1,
  bootstrap: 1,
  entries: 1,
  chain: 2,
  intentions: 2,
  envoy: 2,
  xds: 2,
  pki: 2,
  traffic: 2,
  store: 3,
  federation: 4,
  local: 4,
  queries: 4,
  peering: 5,
  proxies: 5,
  api: 5,
  dns: 5,
}

/** The only packages that src/core may import. */
export const packagesOfCore: readonly string[] = [
  '@bufbuild/protobuf',
  '@bufbuild/protobuf/reflect',
  '@bufbuild/protobuf/wkt',
]

/** Modules with effects, which src/lib must not import; hashing and parsing from Node are fine there. */
export const libForbids =
  /^node:(child_process|cluster|dgram|dns|fs|http|http2|https|net|os|process|timers|tls|worker_threads)/

/** What src/lib may still take from those modules, because it is a plain function. */
export const libAllows: Readonly<Record<string, readonly string[]>> = {
  'node:net': ['isIP', 'isIPv4', 'isIPv6', 'BlockList'],
}
