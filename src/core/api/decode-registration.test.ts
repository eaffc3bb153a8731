import { describe, expect, it } from 'vitest'
import { requestOf } from '../../../test/support/route-request.ts'
import { Fault } from '../model/fault.ts'
import { decodeDeregistration, decodeRegistration } from './decode-registration.ts'

function registration(body: unknown) {
  return decodeRegistration(requestOf({ body }))
}

function refusal(body: unknown): string {
  try {
    registration(body)
  } catch (error) {
    if (error instanceof Fault) return `${error.code}: ${error.message}`
    throw error
  }
  return 'accepted'
}

const NODE = { Node: 'n', Address: '10.0.0.1' }

describe('a registration', () => {
  it('fills in what is left out', () => {
    expect(registration({ ...NODE, Service: { Service: 'web' } })).toEqual({
      type: 'register',
      node: {
        ID: '',
        Node: 'n',
        Address: '10.0.0.1',
        Datacenter: 'dc1',
        Partition: 'default',
        PeerName: '',
        TaggedAddresses: {},
        Meta: {},
      },
      skipNodeUpdate: false,
      services: [
        {
          Node: 'n',
          Kind: '',
          ID: 'web',
          Service: 'web',
          Partition: 'default',
          Namespace: 'default',
          PeerName: '',
          Tags: [],
          Meta: {},
          Address: '',
          Port: 0,
          SocketPath: '',
          TaggedAddresses: {},
          Weights: { Passing: 1, Warning: 1 },
          EnableTagOverride: false,
          Proxy: { MeshGateway: {}, Expose: {} },
          Connect: { Native: false },
        },
      ],
      checks: [],
    })
  })

  it('takes keys in any letter case and snake_case, and ignores what clients send back', () => {
    const command = registration({
      node: 'n',
      address: '10.0.0.1',
      service: {
        service: 'web-sidecar-proxy',
        kind: 'connect-proxy',
        port: 20000,
        CreateIndex: 4,
        ModifyIndex: 9,
        proxy: { destination_service_name: 'web', upstreams: { destination_name: 'api', local_bind_port: 10000 } },
      },
    })
    expect(command.services).toMatchObject([
      { Proxy: { DestinationServiceName: 'web', Upstreams: [{ DestinationName: 'api', LocalBindPort: 10000 }] } },
    ])
  })

  it('names checks after what they are for', () => {
    const command = registration({
      ...NODE,
      Service: { ID: 'web1', Service: 'web', Tags: ['v1'] },
      Check: { Name: 'alive' },
      Checks: [
        {
          CheckID: 'w',
          ServiceID: 'web1',
          Status: 'passing',
          Definition: { TCP: 'x:1', Interval: '5s', Timeout: '0s' },
        },
      ],
    })
    expect(command.checks).toMatchObject([
      { Node: 'n', CheckID: 'alive', Name: 'alive', Status: 'critical', ServiceName: '' },
      {
        CheckID: 'w',
        ServiceName: 'web',
        ServiceTags: ['v1'],
        Status: 'passing',
        Definition: { TCP: 'x:1', Interval: '5s' },
      },
    ])
  })

  it('takes names such as __proto__ and constructor for what they are', () => {
    const body = JSON.parse(
      '{"Node":"__proto__","Address":"a","NodeMeta":{"__proto__":"x","constructor":"y"},"Service":{"Service":"constructor"}}',
    )
    const { node, services } = registration(body)
    expect(Object.entries(node.Meta)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ])
    expect([node.Node, services[0]?.ID]).toEqual(['__proto__', 'constructor'])
  })

  const refusals: readonly (readonly [string, unknown, string])[] = [
    ['without a body', undefined, 'invalid: Request decode failed: EOF: the request has no body'],
    ['that is a list of things', [1], 'invalid: Request decode failed: expected an object, got a list'],
    [
      'with an unknown field',
      { ...NODE, Adress: 'x' },
      'invalid: Request decode failed: json: unknown field "Adress"; did you mean "Address"?',
    ],
    [
      'with an unknown field inside',
      { ...NODE, Service: { Service: 'web', Prot: 1 } },
      'invalid: Request decode failed: json: unknown field "Prot"; did you mean "Port"? (at Service.Prot)',
    ],
    [
      'with a text for a number',
      { ...NODE, Service: { Service: 'web', Port: '80' } },
      'invalid: Request decode failed: Service.Port: expected a whole number, got "80"',
    ],
    ['without a node', { Address: 'x' }, 'rejected: Must provide node'],
    ['without an address', { Node: 'n' }, 'rejected: Must provide address if SkipNodeUpdate is not set'],
    ['with a node id that is no UUID', { ...NODE, ID: 'x' }, 'rejected: Bad node ID: "x" is not a UUID'],
    ['of a peer', { ...NODE, PeerName: 'p' }, 'rejected: cannot register requests with PeerName in them'],
    [
      'of a service without a name',
      { ...NODE, Service: { Port: 1 } },
      'rejected: Must provide service name (Service.Service) when service ID is provided',
    ],
    [
      'of a service at no address',
      { ...NODE, Service: { Service: 'web', Address: '0.0.0.0' } },
      'rejected: Invalid service: Address: Invalid service address: "0.0.0.0" reaches nobody; give an address others can dial',
    ],
    [
      'of an unknown kind',
      { ...NODE, Service: { Service: 'web', Kind: 'gateway' } },
      'invalid: Request decode failed: Service.Kind: invalid value "gateway"; allowed are "", "connect-proxy", "mesh-gateway", "terminating-gateway", "ingress-gateway", "api-gateway"',
    ],
    [
      'of an unknown mode',
      { ...NODE, Service: { Service: 'p', Kind: 'mesh-gateway', Port: 1, Proxy: { MeshGateway: { Mode: 'lokal' } } } },
      'invalid: Request decode failed: Service.Proxy.MeshGateway.Mode: invalid value "lokal"; allowed are "", "none", "local", "remote"',
    ],
    [
      'with a control character in a name',
      { ...NODE, Service: { ID: 'a\u001fb', Service: 'web' } },
      'rejected: Invalid service: ID: invalid value "a\\u001fb"; it may not contain control characters',
    ],
    [
      'with a check of another node',
      { ...NODE, Check: { Node: 'm', Name: 'c' } },
      "rejected: Node 'm' for check 'c' doesn't match register request node 'n'",
    ],
    ['with a check without a name', { ...NODE, Check: {} }, 'rejected: Must provide CheckID or Name for a check'],
    [
      'with an unknown status',
      { ...NODE, Check: { Name: 'c', Status: 'ok' } },
      'rejected: Invalid check status "ok"; allowed are passing, warning, critical',
    ],
  ]

  it.each(refusals)('%s is refused', (_what, body, message) => {
    expect(refusal(body)).toBe(message)
  })
})

describe('the tenancy of a registration', () => {
  it('is that of the node for all that is on it; a namespace is inherited unless named', () => {
    const command = registration({
      ...NODE,
      Partition: 'finance',
      Namespace: 'dev',
      Service: { Service: 'billing' },
      Checks: [{ Name: 'c' }, { Name: 'd', Namespace: 'ops' }],
    })
    expect(command.node.Partition).toBe('finance')
    expect(command.services[0]).toMatchObject({ Partition: 'finance', Namespace: 'dev' })
    expect(command.checks.map(check => [check.Partition, check.Namespace])).toEqual([
      ['finance', 'dev'],
      ['finance', 'ops'],
    ])
  })

  it('cannot put a service into another partition than its node', () => {
    expect(refusal({ ...NODE, Service: { Service: 'billing', Partition: 'finance' } })).toBe(
      'rejected: Service.Partition: "finance" is not the partition of its node, "default"',
    )
  })
})

describe('a deregistration', () => {
  it('names a node, a service or a check', () => {
    const command = decodeDeregistration(requestOf({ body: { Datacenter: 'dc1', Node: 'n', ServiceID: 'web1' } }))
    expect(command).toEqual({
      type: 'deregister',
      node: 'n',
      partition: 'default',
      namespace: 'default',
      peer: '',
      serviceId: 'web1',
      checkId: '',
    })
  })

  it('is refused without a node', () => {
    expect(() => decodeDeregistration(requestOf({ body: { ServiceID: 'web1' } }))).toThrow('Must provide node')
  })
})
