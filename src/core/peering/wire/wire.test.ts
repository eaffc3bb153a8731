import { describe, expect, it } from 'vitest'
import {
  ExchangeSecretRequest,
  ExchangeSecretResponse,
  ExportedServiceListMessage,
  ExportedServiceMessage,
  LeaderAddress,
  RESOURCE_URLS,
  ReplicationMessage,
  resourceKind,
  ServerAddressesMessage,
  TrustBundleMessage,
} from './peerstream.ts'
import { WireCheck, WireInstance, WireNode, WireService } from './service.ts'

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex')

/** A length-delimited field: tag, length, content in hex. */
function field(number: number, content: string): string {
  const length = (content.length / 2).toString(16).padStart(2, '0')
  return tag(number, 2) + length + content
}

function tag(number: number, wireType: number): string {
  const value = number * 8 + wireType
  return value < 128 ? value.toString(16).padStart(2, '0') : `${((value & 127) | 128).toString(16)}01`
}

const text = (number: number, value: string) => field(number, Buffer.from(value).toString('hex'))
const count = (number: number, value: number) => tag(number, 0) + value.toString(16).padStart(2, '0')

describe('a frame of the stream', () => {
  it('opens with peer, secret and where the dialer is', () => {
    const open = {
      PeerID: 'p',
      StreamSecretID: 's',
      Remote: { Partition: 'default', Datacenter: 'dc1', Locality: undefined },
    }
    const expected = field(1, text(1, 'p') + text(2, 's') + field(3, text(1, 'default') + text(2, 'dc1')))
    expect(hex(ReplicationMessage.encode({ open }))).toBe(expected)
  })

  it('subscribes, acknowledges and refuses by requests', () => {
    const request = {
      PeerID: 'p',
      ResponseNonce: '1f',
      ResourceURL: 'u',
      Error: { code: 3, message: 'no' },
    }
    const body = text(1, 'p') + text(2, '1f') + text(3, 'u') + field(5, count(1, 3) + text(2, 'no'))
    expect(hex(ReplicationMessage.encode({ request }))).toBe(field(2, body))
  })

  it('answers with a resource packed in an Any', () => {
    const Resource = { typeUrl: 't', value: Buffer.from('v') }
    const response = { Nonce: '1', ResourceURL: 'u', ResourceID: 'api', Resource, operation: 1 }
    const body = text(1, '1') + text(2, 'u') + text(3, 'api') + field(4, text(1, 't') + text(2, 'v')) + count(5, 1)
    expect(hex(ReplicationMessage.encode({ response }))).toBe(field(3, body))
  })

  it('ends and beats by empty messages', () => {
    expect(hex(ReplicationMessage.encode({ terminated: {} }))).toBe('2200')
    expect(hex(ReplicationMessage.encode({ heartbeat: {} }))).toBe('2a00')
    expect(ReplicationMessage.decode(Buffer.from('2200', 'hex')).terminated).toEqual({})
    expect(ReplicationMessage.decode(Buffer.from('2a00', 'hex')).heartbeat).toEqual({})
    expect(ReplicationMessage.decode(new Uint8Array()).heartbeat).toBeUndefined()
  })
})

describe('what travels in a frame', () => {
  it('has the field numbers of the protocol', () => {
    expect(hex(ExchangeSecretRequest.encode({ PeerID: 'p', EstablishmentSecret: 's' }))).toBe(
      text(1, 'p') + text(2, 's'),
    )
    expect(hex(ExchangeSecretResponse.encode({ StreamSecret: 's' }))).toBe(text(1, 's'))
    expect(hex(LeaderAddress.encode({ address: 'a' }))).toBe(text(1, 'a'))
    expect(hex(ExportedServiceListMessage.encode({ Services: ['a', 'b'] }))).toBe(text(1, 'a') + text(1, 'b'))
    expect(hex(ServerAddressesMessage.encode({ Addresses: ['h:1'] }))).toBe(text(1, 'h:1'))
    const bundle = {
      ...{ TrustDomain: 't', PeerName: 'p', Partition: 'a', RootPEMs: ['r'], ExportedPartition: 'e' },
      ...{ CreateIndex: 5, ModifyIndex: 6 },
    }
    const expected =
      text(1, 't') + text(2, 'p') + text(3, 'a') + text(4, 'r') + text(5, 'e') + count(6, 5) + count(7, 6)
    expect(hex(TrustBundleMessage.encode(bundle))).toBe(expected)
  })

  it('names its types by the URLs of the protocol', () => {
    expect(RESOURCE_URLS).toEqual({
      service: 'type.googleapis.com/hashicorp.consul.internal.peerstream.ExportedService',
      list: 'type.googleapis.com/hashicorp.consul.internal.peerstream.ExportedServiceList',
      bundle: 'type.googleapis.com/hashicorp.consul.internal.peering.PeeringTrustBundle',
      addresses: 'type.googleapis.com/hashicorp.consul.internal.peering.PeeringServerAddresses',
    })
    expect(resourceKind(RESOURCE_URLS.bundle)).toBe('bundle')
    expect(resourceKind('type.googleapis.com/other')).toBeUndefined()
  })
})

describe('an instance', () => {
  const NO_INDEX = { CreateIndex: 0, ModifyIndex: 0 }
  const node = {
    ...{ ID: 'i', Node: 'n', Address: '10.0.0.1', Datacenter: 'dc1', Partition: 'default', PeerName: 'p' },
    ...{ TaggedAddresses: new Map([['wan', '1.2.3.4']]), Meta: new Map([['k', 'v']]) },
    ...{ RaftIndex: { CreateIndex: 1, ModifyIndex: 2 }, Locality: { Region: 'r', Zone: 'z' } },
  }
  const nodeHex =
    text(1, 'i') +
    text(2, 'n') +
    text(3, '10.0.0.1') +
    text(4, 'dc1') +
    field(5, text(1, 'wan') + text(2, '1.2.3.4')) +
    field(6, text(1, 'k') + text(2, 'v')) +
    field(7, count(1, 1) + count(2, 2)) +
    text(8, 'default') +
    text(9, 'p') +
    field(10, text(1, 'r') + text(2, 'z'))

  const service = {
    ...{
      Kind: 'connect-proxy',
      ID: 'i',
      Service: 's',
      Tags: ['t'],
      Address: 'a',
      Meta: new Map([['k', 'v']]),
      Port: 80,
    },
    ...{ Weights: { Passing: 1, Warning: 2 }, EnableTagOverride: true, SocketPath: 'sock', PeerName: 'p' },
    ...{
      Proxy: { DestinationServiceName: 'd', DestinationServiceID: 'd1' },
      RaftIndex: NO_INDEX,
      EnterpriseMeta: { Namespace: '', Partition: '' },
    },
    Connect: { Native: true, PeerMeta: { SNI: ['x'], SpiffeID: ['y', 'z'], Protocol: 'tcp' } },
    TaggedAddresses: new Map([['wan', { Address: 'w', Port: 9 }]]),
    Locality: undefined,
  }
  const serviceHex =
    text(1, 'connect-proxy') +
    text(2, 'i') +
    text(3, 's') +
    text(4, 't') +
    text(5, 'a') +
    field(6, text(1, 'k') + text(2, 'v')) +
    count(7, 80) +
    field(8, count(1, 1) + count(2, 2)) +
    count(9, 1) +
    field(11, text(1, 'd') + text(2, 'd1')) +
    field(12, count(1, 1) + field(4, text(1, 'x') + text(2, 'y') + text(2, 'z') + text(3, 'tcp'))) +
    field(14, '') +
    field(15, text(1, 'wan') + field(2, text(1, 'w') + count(2, 9))) +
    field(16, '') +
    text(17, 'sock') +
    text(18, 'p')

  const check = {
    ...{ Node: 'n', CheckID: 'c', Name: 'x', Status: 'passing', Notes: 'o', Output: 'u', ServiceID: 'i' },
    ...{
      ServiceName: 's',
      ServiceTags: ['t'],
      Type: 'ttl',
      ExposedPort: 7,
      Interval: '1s',
      Timeout: '2s',
      PeerName: 'p',
    },
    ...{ Definition: {}, RaftIndex: NO_INDEX, EnterpriseMeta: { Namespace: 'default', Partition: 'default' } },
  }
  const checkHex =
    text(1, 'n') +
    text(2, 'c') +
    text(3, 'x') +
    text(4, 'passing') +
    text(5, 'o') +
    text(6, 'u') +
    text(7, 'i') +
    text(8, 's') +
    text(9, 't') +
    field(10, '') +
    field(11, '') +
    text(12, 'ttl') +
    field(13, text(1, 'default') + text(2, 'default')) +
    count(14, 7) +
    text(15, '1s') +
    text(16, '2s') +
    text(17, 'p')

  it('has the field numbers of the protocol', () => {
    expect(hex(WireNode.encode(node))).toBe(nodeHex)
    // Nested indexes and tenancies are written even when they say nothing.
    expect(hex(WireService.encode(service))).toBe(serviceHex)
    expect(hex(WireCheck.encode(check))).toBe(checkHex)
  })

  it('is read back with what it was written with', () => {
    const bytes = Buffer.from(field(1, nodeHex), 'hex')
    expect(WireInstance.decode(bytes).Node).toEqual(node)
    const decoded = WireService.decode(Buffer.from(serviceHex, 'hex'))
    expect(decoded).toMatchObject({
      Service: 's',
      Port: 80,
      Connect: service.Connect,
      TaggedAddresses: service.TaggedAddresses,
    })
    expect(WireCheck.decode(Buffer.from(checkHex, 'hex'))).toMatchObject({
      CheckID: 'c',
      ServiceTags: ['t'],
      Timeout: '2s',
    })
  })

  it('is skipped over where it has fields nobody here needs', () => {
    const unknown = count(13, 1) + field(20, text(2, 'http')) + text(3, 'api')
    expect(WireService.decode(Buffer.from(unknown, 'hex')).Service).toBe('api')
  })

  it('travels with others of its service', () => {
    const bytes = ExportedServiceMessage.encode({ Nodes: [WireInstance.decode(Buffer.from(field(1, nodeHex), 'hex'))] })
    const content = field(1, nodeHex)
    expect(hex(bytes)).toBe(`0a${(content.length / 2).toString(16)}${content}`)
  })
})
