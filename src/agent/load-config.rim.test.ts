import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseFlags } from '../lib/go-flags.ts'
import { loadConfig } from './load-config.ts'
import { agentFlags } from './options.ts'
import { settingsOf } from './settings.ts'
import { settingsWarnings } from './settings-warnings.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'config-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

function bootstrap(fields: string): string {
  return `config_entries { bootstrap = [{ kind = "proxy-defaults" name = "global" ${fields} }] }`
}

function load(...args: string[]) {
  const parsed = parseFlags(agentFlags, args)
  if (parsed.outcome !== 'parsed') throw new Error(JSON.stringify(parsed))
  const loaded = loadConfig(parsed.values, parsed.given)
  return { ...loaded, settings: () => settingsOf(loaded.config, parsed.values.dev, 'id') }
}

describe('reading the configuration of an agent', () => {
  it('takes HCL, JSON and YAML, in both spellings', () => {
    const hcl = file('a.hcl', 'datacenter = "onprem"\nports { grpc = 8502 }\nconnect { enabled = true }')
    const json = file('b.json', '{"NodeName": "n1", "server": true}')
    const yaml = file('c.yaml', 'data_dir: /tmp/x\nretry_join_wan:\n  - 10.0.0.1\n')
    const { config } = load('-config-file', hcl, '-config-file', json, '-config-file', yaml)
    expect(config).toMatchObject({
      datacenter: 'onprem',
      ports: { grpc: 8502 },
      node_name: 'n1',
      server: true,
      data_dir: '/tmp/x',
      retry_join_wan: ['10.0.0.1'],
    })
  })

  it('takes the places to join under all their names', () => {
    const config = file('a.hcl', 'retry_join = ["a"]\nstart_join = ["b"]\nretry_interval = "1s"')
    const flags = ['-retry-join', 'c', '-join', 'd:8300', '-retry-interval', '5s', '-retry-max', '3', '-join-wan', 'e']
    const settings = load('-data-dir', folder, '-config-file', config, ...flags, '-retry-join-wan', 'f').settings()
    expect(settings.retryJoin.map(({ host, port }) => `${host}:${port}`)).toEqual([
      'a:8301',
      'c:8301',
      'b:8301',
      'd:8300',
    ])
    expect(settings.retryJoinWan).toEqual(['f', 'e'])
  })

  it('lets later sources win, grows lists and merges maps; flags win over files', () => {
    file('1.hcl', 'datacenter = "a"\nnode_meta { x = "1" }\nretry_join_wan = ["one"]\nlog_level = "DEBUG"')
    file('2.hcl', 'datacenter = "b"\nnode_meta { y = "2" }\nretry_join_wan = ["two"]')
    file('ignored.txt', 'not read')
    const { config, files } = load(
      '-config-dir',
      folder,
      '-datacenter',
      'c',
      '-http-port=1',
      '-hcl',
      'ports { https = 2 }',
    )
    expect(files.map(path => path.slice(folder.length + 1))).toEqual(['1.hcl', '2.hcl'])
    expect(config).toMatchObject({
      datacenter: 'c',
      node_meta: { x: '1', y: '2' },
      retry_join_wan: ['one', 'two'],
      log_level: 'debug',
      ports: { http: 1, https: 2 },
    })
  })

  it('reads services as the tutorials write them', () => {
    const path = file(
      'web.hcl',
      `service {
        name = "web"
        port = 9090
        connect { sidecar_service { proxy {
          mesh_gateway { mode = "local" }
          upstreams = [{ destination_name = "api" local_bind_port = 9091 }]
        } } }
      }`,
    )
    expect(load('-config-file', path).config.service?.[0]).toMatchObject({
      Name: 'web',
      Connect: {
        SidecarService: {
          Proxy: { MeshGateway: { Mode: 'local' }, Upstreams: [{ DestinationName: 'api', LocalBindPort: 9091 }] },
        },
      },
    })
  })

  it('takes the first config entries', () => {
    const { definitions } = load('-dev', '-hcl', bootstrap('mesh_gateway { mode = "local" }')).settings()
    expect(definitions.entries).toMatchObject([
      { Kind: 'proxy-defaults', Name: 'global', MeshGateway: { Mode: 'local' } },
    ])
  })

  it('warns of what it takes and does not do', () => {
    const { settings } = load('-dev', '-client', '0.0.0.0', '-ui', '-hcl', 'acl { tokens { agent = "x" } }')
    expect(settingsWarnings(settings())).toEqual([
      'the HTTP and gRPC APIs are open to everyone who reaches 0.0.0.0: neither ACL nor TLS protects them',
      'acl.tokens: has no effect; tokens are not checked yet',
      'ui: there is no web interface',
    ])
  })

  it('says which keys of other agents have no effect', () => {
    const path = file('a.hcl', 'performance { raft_multiplier = 1 }')
    expect(load('-config-file', path).warnings).toEqual([`${path}: "performance" has no effect here`])
  })

  it.each([
    ['datacentre = "x"', 'unknown field "datacentre"; did you mean "datacenter"?'],
    ['ports { http = "abc" }', 'ports.http: expected a whole number, got "abc"'],
    ['ports { http = 70000 }', 'ports.http: invalid value 70000; allowed is -1 to 65535'],
    ['log_level = "loud"', 'log_level: invalid value "loud"'],
    ['service { name = "x" proxy { mesh_gateway { mode = "locl" } } }', 'MeshGateway.Mode: invalid value "locl"'],
    ['datacenter = ', ':1:'],
  ])('refuses %s', (text, reason) => {
    const path = file('bad.hcl', text)
    expect(() => load('-config-file', path)).toThrow(reason)
    expect(() => load('-config-file', path)).toThrow(path)
  })

  it('says what is wrong with a path', () => {
    expect(() => load('-config-file', join(folder, 'none.hcl'))).toThrow('cannot read')
    expect(() => load('-config-file', folder)).toThrow('is a folder; use -config-dir')
    expect(() => load('-config-dir', join(folder, 'none'))).toThrow('cannot read the folder')
  })
})

describe('filling in what the configuration leaves open', () => {
  it('starts a server on loopback with gRPC and without a disk in development', () => {
    const settings = load('-dev').settings()
    expect(settings).toMatchObject({ engine: 'memory', bindAddress: '127.0.0.1', ports: { http: 8500, grpc: 8502 } })
    expect(settings.self).toMatchObject({
      datacenter: 'dc1',
      primaryDatacenter: 'dc1',
      isServer: true,
      domain: 'consul',
    })
  })

  it('keeps a server on disk, and advertises where it binds', () => {
    const settings = load('-server', '-data-dir', folder, '-bind', '127.0.0.9').settings()
    expect(settings).toMatchObject({ engine: 'sqlite', advertiseWan: '127.0.0.9', ports: { grpc: -1 } })
    expect(settings.self.address).toBe('127.0.0.9')
  })

  it('has a client agent join at the usual port, in its partition, and leave when it is told to end', () => {
    const args = [
      '-data-dir',
      folder,
      '-partition',
      'finance',
      '-retry-join',
      'servers.example',
      '-retry-join',
      '[::1]:9',
    ]
    const settings = load(...args).settings()
    expect(settings.self).toMatchObject({ isServer: false, partition: 'finance' })
    expect(settings.retryJoin).toEqual([
      { host: 'servers.example', port: 8301 },
      { host: '::1', port: 9 },
    ])
    expect(settings).toMatchObject({ leaveOnTerminate: true, leaveOnInterrupt: true, ports: { grpcTls: -1 } })
    expect(load('-dev').settings()).toMatchObject({ leaveOnTerminate: false, leaveOnInterrupt: false })
  })

  it.each([
    [['-server'], 'data_dir: is required'],
    [[], 'data_dir: is required'],
    [['-dev', '-partition', 'finance'], 'partition: a server is in partition "default", not in "finance"'],
    [['-data-dir', '/tmp/x', '-partition', 'Fin'], 'partition: invalid value "Fin"'],
    [['-data-dir', '/tmp/x', '-retry-join', '10.0.0.1:x'], 'retry_join: "10.0.0.1:x" is not host or host:port'],
    [['-dev', '-datacenter', 'a b'], 'datacenter: invalid value "a b"'],
    [['-dev', '-node', 'a/b'], 'node_name: invalid value "a/b"'],
    [['-dev', '-advertise', '0.0.0.0'], 'advertise_addr: "0.0.0.0" is not an address others can dial'],
    [['-dev', '-hcl', 'connect { enabled = false }'], 'connect.enabled'],
    [['-dev', '-hcl', 'connect { enable_mesh_gateway_wan_federation = true }'], 'set retry_join_wan'],
    [['-dev', '-hcl', 'acl { enabled = true }'], 'acl: tokens are not checked yet'],
    [['-dev', '-hcl', 'encrypt = "abc"'], 'encrypt: is no key'],
    [['-dev', '-retry-join-wan', '10.0.0.1:x'], 'retry_join_wan: "10.0.0.1:x" is not host or host:port'],
    [['-dev', '-node-id', 'abc'], 'node_id: invalid value "abc"; a UUID is expected'],
    [['-dev', '-bind', '{{ GetInterfaceIP "none0" }}'], 'matches no address of this machine'],
    [['-dev', '-hcl', 'service { port = 80 }'], 'service "": Missing service name'],
    [['-dev', '-hcl', 'service { name = "web" kind = "mesh-gateway" }'], 'service "web": Port must be non-zero'],
    [
      ['-dev', '-hcl', 'check { name = "c" args = ["x"] interval = "1s" }'],
      'check "c": ScriptArgs: Scripts are disabled',
    ],
    [
      ['-dev', '-hcl', bootstrap('mesh_gateway { mode = "on" }')],
      'config_entries.bootstrap[0]: MeshGateway.Mode: invalid',
    ],
    [['-dev', '-hcl', bootstrap('mesh_gatway {}')], 'did you mean "MeshGateway"?'],
  ])('refuses %j', (args, reason) => {
    expect(() => load(...args).settings()).toThrow(reason)
  })
})
