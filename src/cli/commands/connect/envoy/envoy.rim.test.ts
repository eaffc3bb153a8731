import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type FakeAgent, type FakeRoutes, startFakeAgent } from '../../../../../test/fakes/fake-agent.ts'
import { runCommand } from '../../../../../test/support/run-command.ts'

const SIDECAR = {
  Kind: 'connect-proxy',
  ID: 'web-sidecar-proxy',
  Service: 'web-sidecar-proxy',
  Proxy: { DestinationServiceName: 'web', DestinationServiceID: 'web', Config: { envoy_stats_tags: ['local=1'] } },
}
const MERGED = { ...SIDECAR, Proxy: { ...SIDECAR.Proxy, Config: { envoy_stats_tags: ['central=1'] } } }
const GATEWAY = { Kind: 'mesh-gateway', ID: 'mesh-gateway', Service: 'mesh-gateway', Address: '127.0.0.1', Proxy: {} }
const SELF = { Config: { Datacenter: 'onprem' }, xDS: { Ports: { Plaintext: 8502, TLS: -1 } } }

const routes: FakeRoutes = {
  'GET /v1/agent/self': { json: SELF },
  'GET /v1/agent/service/web-sidecar-proxy': { json: MERGED },
  'GET /v1/agent/service/mesh-gateway': { json: GATEWAY },
  'GET /v1/agent/service/web-sidecar-prox': { status: 404, text: 'unknown service ID: web-sidecar-prox' },
  'GET /v1/agent/services': {
    json: {
      web: { ID: 'web', Service: 'web' },
      api: { ID: 'api', Service: 'api' },
      db: { ID: 'db', Service: 'db' },
      'web-sidecar-proxy': SIDECAR,
      'api-1': { ...SIDECAR, Proxy: { DestinationServiceID: 'api' } },
      'api-2': { ...SIDECAR, Proxy: { DestinationServiceID: 'api' } },
      'mesh-gateway': GATEWAY,
    },
  },
  'GET /v1/catalog/node-services/n1': { json: { Services: [{ ...SIDECAR, ID: 'remote' }] } },
  'PUT /v1/agent/service/register': { status: 200, text: '' },
}

let agent: FakeAgent

beforeEach(async () => {
  agent = await startFakeAgent(routes)
})

afterEach(() => agent.close())

const envoy = (args: readonly string[], env: Record<string, string> = {}) =>
  runCommand(['connect', 'envoy', ...args], { agent, env })

interface Bootstrap {
  readonly admin: { readonly address: unknown }
  readonly node: { readonly id: string; readonly cluster: string; readonly metadata: unknown }
  readonly static_resources: {
    readonly clusters: readonly {
      readonly name: string
      readonly transport_socket?: unknown
      readonly loadAssignment: unknown
    }[]
    readonly listeners?: readonly { readonly name: string; readonly address: unknown }[]
  }
  readonly stats_config: {
    readonly stats_tags: readonly { readonly tag_name: string; readonly fixed_value?: string }[]
  }
  readonly dynamic_resources: { readonly ads_config: { readonly grpc_services: unknown } }
}

async function bootstrap(args: readonly string[], env: Record<string, string> = {}): Promise<Bootstrap> {
  const result = await envoy(['-bootstrap', ...args], env)
  if (result.code !== 0) throw new Error(result.stderr)
  return JSON.parse(result.stdout)
}

/** The address of the xDS cluster, and whether it is trusted by a certificate. */
async function xds(args: readonly string[], env: Record<string, string> = {}) {
  const [cluster] = (await bootstrap(args, env)).static_resources.clusters
  const text = JSON.stringify(cluster?.loadAssignment)
  const at =
    /"address":"([^"]+)","port_value":(\d+)/.exec(text)?.slice(1).join(':') ?? /"path":"([^"]+)"/.exec(text)?.[1]
  return { at, isTls: cluster?.transport_socket !== undefined }
}

describe('connect envoy -bootstrap', () => {
  test('describes the sidecar of a service', async () => {
    const made = await bootstrap(['-sidecar-for', 'web'], { CONSUL_HTTP_TOKEN: 'secret' })
    expect(made.node).toEqual({
      cluster: 'web',
      id: 'web-sidecar-proxy',
      metadata: { namespace: 'default', partition: 'default' },
    })
    expect(made.admin.address).toEqual({ socket_address: { address: '127.0.0.1', port_value: 19000 } })
    expect(made.dynamic_resources.ads_config.grpc_services).toEqual({
      initial_metadata: [{ key: 'x-consul-token', value: 'secret' }],
      envoy_grpc: { cluster_name: 'local_agent' },
    })
    const fixed = made.stats_config.stats_tags.filter(tag => tag.fixed_value !== undefined)
    expect(Object.fromEntries(fixed.map(tag => [tag.tag_name, tag.fixed_value]))).toEqual({
      central: '1',
      local_cluster: 'web',
      'consul.source.service': 'web',
      'consul.source.namespace': 'default',
      'consul.source.partition': 'default',
      'consul.source.datacenter': 'onprem',
    })
  })

  test('uses the registration alone with -no-central-config', async () => {
    const made = await bootstrap(['-proxy-id', 'web-sidecar-proxy', '-no-central-config'])
    expect(made.stats_config.stats_tags[0]).toEqual({ tag_name: 'local', fixed_value: '1' })
  })

  test('takes the proxy from the environment, and flags win over it', async () => {
    const env = { CONNECT_PROXY_ID: 'web-sidecar-proxy' }
    expect((await bootstrap([], env)).node.id).toBe('web-sidecar-proxy')
    expect((await bootstrap([], { CONNECT_SIDECAR_FOR: 'web' })).node.id).toBe('web-sidecar-proxy')
    expect((await bootstrap(['-mesh-gateway'], env)).node.id).toBe('mesh-gateway')
  })

  test('finds the gateway that is registered', async () => {
    for (const args of [['-mesh-gateway'], ['-gateway=mesh'], ['-gateway', 'mesh', '-mesh-gateway']]) {
      expect((await bootstrap(args)).node).toMatchObject({ id: 'mesh-gateway', cluster: 'mesh-gateway' })
    }
  })

  test('reads a proxy of another node from the catalog', async () => {
    const made = await bootstrap(['-node-name', 'n1', '-proxy-id', 'remote'])
    expect(made.node).toMatchObject({ id: 'remote', metadata: { node_name: 'n1' } })
    expect(agent.requests[0]?.query).toEqual({ 'merge-central-config': 'true' })
  })

  test('serves readiness where it is told to', async () => {
    const args = ['-envoy-ready-bind-address=127.0.0.1', '-envoy-ready-bind-port=8446']
    const made = await bootstrap(['-mesh-gateway', ...args])
    expect(made.static_resources.listeners?.[0]).toMatchObject({
      name: 'envoy_ready_listener',
      address: { socket_address: { address: '127.0.0.1', port_value: 8446 } },
    })
  })

  test('binds the admin interface where it is told to', async () => {
    const made = await bootstrap(['-sidecar-for=web', '-admin-bind', '127.0.0.5:19001'])
    expect(made.admin.address).toEqual({ socket_address: { address: '127.0.0.5', port_value: 19001 } })
  })
})

describe('the xDS address', () => {
  const web = ['-sidecar-for=web']

  test('is what the agent says, then what the flags and the environment say', async () => {
    expect(await xds(web)).toEqual({ at: '127.0.0.1:8502', isTls: false })
    expect(await xds(web, { CONSUL_GRPC_ADDR: '10.5.0.2:8502' })).toEqual({ at: '10.5.0.2:8502', isTls: false })
    const both = await xds([...web, '-grpc-addr=http://127.0.0.9:99'], { CONSUL_GRPC_ADDR: '10.5.0.2:8502' })
    expect(both).toEqual({ at: '127.0.0.9:99', isTls: false })
    expect(await xds(web, { CONSUL_GRPC_ADDR: 'unix:///run/xds.sock' })).toEqual({ at: '/run/xds.sock', isTls: false })
    expect((await xds([...web, '-grpc-addr=localhost:8502'])).at).toMatch(/^(127\.0\.0\.1|::1):8502$/)
  })

  test('uses TLS only with an authority to trust', async () => {
    const refused = await envoy([...web, '-bootstrap', '-grpc-addr=https://127.0.0.1:8503'])
    expect(refused.code).toBe(1)
    expect(refused.stderr).toMatch(/uses TLS, and there is no CA certificate to verify it with\. Give .* -grpc-ca-file/)
    const trusted = await xds([...web, '-grpc-addr=https://127.0.0.1:8503', '-grpc-ca-file', import.meta.filename])
    expect(trusted).toEqual({ at: '127.0.0.1:8503', isTls: true })
    const byHttpAuthority = await xds([...web, '-grpc-addr=https://127.0.0.1:8503'], {
      CONSUL_CACERT: import.meta.filename,
    })
    expect(byHttpAuthority.isTls).toBe(true)
  })

  test('prefers the TLS port when it can be verified', async () => {
    await agent.close()
    const self = { ...SELF, xDS: { Ports: { Plaintext: 8502, TLS: 8503 } } }
    agent = await startFakeAgent({ ...routes, 'GET /v1/agent/self': { json: self } })
    expect(await xds(web)).toEqual({ at: '127.0.0.1:8502', isTls: false })
    expect(await xds(web, { CONSUL_CACERT: import.meta.filename })).toEqual({ at: '127.0.0.1:8503', isTls: true })
  })

  test('is 8502 for an agent that does not say, and an error for one that has none', async () => {
    await agent.close()
    agent = await startFakeAgent({ ...routes, 'GET /v1/agent/self': { json: {} } })
    expect((await xds(web)).at).toBe('127.0.0.1:8502')
    await agent.close()
    const self = { ...SELF, xDS: { Ports: { Plaintext: -1, TLS: -1 } } }
    agent = await startFakeAgent({ ...routes, 'GET /v1/agent/self': { json: self } })
    expect((await envoy([...web, '-bootstrap'])).stderr).toMatch(/serves no xDS; open ports\.grpc/)
  })

  test('refuses what is no address', async () => {
    expect((await envoy([...web, '-bootstrap', '-grpc-addr=127.0.0.1'])).stderr).toMatch(/write host:port/)
    const unknown = await envoy([...web, '-bootstrap', '-grpc-addr=no-such-host.invalid:8502'])
    expect(unknown.stderr).toMatch(/"no-such-host\.invalid" cannot be resolved/)
  })
})

describe('connect envoy -register', () => {
  const register = ['-mesh-gateway', '-register', '-bootstrap']

  test('registers the gateway of the tutorial before it asks for it', async () => {
    await bootstrap([...register, '-address', '127.0.0.1:8443', '-wan-address', '127.0.0.2:8443'])
    expect(agent.requests[0]).toMatchObject({
      method: 'PUT',
      path: '/v1/agent/service/register',
      query: { 'replace-existing-checks': 'true' },
      body: {
        Kind: 'mesh-gateway',
        Name: 'mesh-gateway',
        ID: 'mesh-gateway',
        Port: 8443,
        Address: '127.0.0.1',
        TaggedAddresses: { lan: { Address: '127.0.0.1', Port: 8443 }, wan: { Address: '127.0.0.2', Port: 8443 } },
        Proxy: { Config: { envoy_gateway_no_default_bind: true, envoy_gateway_bind_tagged_addresses: true } },
        Check: {
          Name: 'mesh-gateway listening',
          TCP: '127.0.0.1:8443',
          Interval: '10s',
          DeregisterCriticalServiceAfter: '6h',
        },
      },
    })
  })

  test('needs -address, and registers nothing without it', async () => {
    const { code, stderr } = await envoy(register)
    expect(code).toBe(1)
    expect(stderr).toMatch(/-register needs -address, the ip:port at which the datacenter reaches the gateway/)
    expect(agent.requests).toEqual([])
  })

  test('passes on the refusal of the agent', async () => {
    await agent.close()
    const refusal = { status: 403, text: 'Permission denied' }
    agent = await startFakeAgent({ ...routes, 'PUT /v1/agent/service/register': refusal })
    const { code, stderr } = await envoy([...register, '-address=127.0.0.1'])
    expect(code).toBe(1)
    expect(stderr).toMatch(/403 \(Permission denied\)/)
  })

  test('says when registration flags have no effect', async () => {
    const { code, stderr } = await envoy(['-mesh-gateway', '-bootstrap', '-address=127.0.0.1'])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '-address has no effect without -register\n' })
  })
})

describe('connect envoy refuses', () => {
  test.each([
    [[], 'no proxy named; give -sidecar-for, -proxy-id or -gateway'],
    [['-register', '-address=127.0.0.1'], '-register is for gateways'],
    [['-mesh-gateway', '-gateway=ingress'], '-mesh-gateway and -gateway=ingress exclude one another'],
    [['-mesh-gateway', '-sidecar-for=web'], '-sidecar-for and -gateway exclude one another'],
    [['-proxy-id=x', '-sidecar-for=web'], '-sidecar-for and -proxy-id exclude one another'],
    [['-gateway=ingress', '-expose-servers'], '-expose-servers is for mesh gateways'],
    [['-node-name=n1'], '-node-name needs -proxy-id'],
    [['-sidecar-for=web', '-admin-bind=19000'], '-admin-bind "19000": expected address:port'],
    [['-sidecar-for=web', '-prometheus-scrape-path=x'], 'must start with /'],
    [['-sidecar-for=web', '-prometheus-cert-file=x'], 'TLS of the metrics listener needs'],
    [
      ['-sidecar-for=web', '-envoy-ready-bind-port=1'],
      '-envoy-ready-bind-address and -envoy-ready-bind-port go together',
    ],
    [
      ['-gateway=terminating'],
      'no service of kind terminating-gateway is registered with the agent; -register registers one',
    ],
    [['-node-name=n1', '-proxy-id=x'], 'no proxy with the ID "x" is registered on the node "n1"'],
  ])('%j', async (args, message) => {
    const { code, stdout, stderr } = await envoy(['-bootstrap', ...args])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toContain(message)
  })

  test('an unknown proxy, and names those it may have been', async () => {
    const { code, stderr } = await envoy(['-bootstrap', '-proxy-id=web-sidecar-prox'])
    expect(code).toBe(1)
    expect(stderr).toBe(
      'Error starting Envoy: no proxy with the ID "web-sidecar-prox" is registered with the agent; did you mean ' +
        '"web-sidecar-proxy"? registered are api-1, api-2, mesh-gateway, web-sidecar-proxy\n',
    )
  })

  test('a service with several sidecars, and lists them', async () => {
    const { stderr } = await envoy(['-bootstrap', '-sidecar-for=api'])
    expect(stderr).toMatch(
      /2 sidecars for the service ID "api" are registered; choose one with -proxy-id: api-1, api-2/,
    )
  })

  test('a service without a sidecar, or none at all', async () => {
    expect((await envoy(['-bootstrap', '-sidecar-for=db'])).stderr).toMatch(
      /no sidecar is registered for the service ID "db"; add connect \{ sidecar_service \{\} \} to its definition/,
    )
    expect((await envoy(['-bootstrap', '-sidecar-for=wbe'])).stderr).toMatch(
      /service ID "wbe"; did you mean "web"\? registered are api, db, web/,
    )
  })

  test('a configuration that cannot be understood', async () => {
    await agent.close()
    const broken = { ...MERGED, Proxy: { Config: { envoy_prometheus_bind_addr: 'x' } } }
    agent = await startFakeAgent({ ...routes, 'GET /v1/agent/service/web-sidecar-proxy': { json: broken } })
    const { code, stderr } = await envoy(['-bootstrap', '-proxy-id=web-sidecar-proxy'])
    expect(code).toBe(1)
    expect(stderr).toBe(
      'Error starting Envoy: configuration of web-sidecar-proxy: Proxy.Config.envoy_prometheus_bind_addr: ' +
        'expected ip:port, got "x"\n',
    )
  })
})
