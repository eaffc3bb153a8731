import { describe, expect, it } from 'vitest'
import {
  type Action,
  createSession,
  HEARTBEAT_MS,
  HEARTBEAT_TIMEOUT_MS,
  type Session,
  type Step,
  step,
} from './session.ts'
import { RESOURCE_URLS, type ReplicationMessage, type ResourceKind } from './wire/peerstream.ts'

const NOW = 1_000_000
const EMPTY: ReplicationMessage = {
  ...{ open: undefined, request: undefined, response: undefined, terminated: undefined, heartbeat: undefined },
}

function feed(session: Session, frame: Partial<ReplicationMessage>, now = NOW): Step {
  return step(session, { kind: 'frame', frame: { ...EMPTY, ...frame }, now })
}

function request(kind: ResourceKind, change: object = {}) {
  return { request: { PeerID: '', ResponseNonce: '', ResourceURL: RESOURCE_URLS[kind], Error: undefined, ...change } }
}

function response(kind: ResourceKind, change: object = {}) {
  const Resource = { typeUrl: RESOURCE_URLS[kind], value: Buffer.from('x') }
  return {
    response: { Nonce: '7', ResourceURL: RESOURCE_URLS[kind], ResourceID: 'id', Resource, operation: 1, ...change },
  }
}

function tell(session: Session, kind: ResourceKind, id: string, text: string | undefined): Step {
  return step(session, {
    kind: 'resource',
    resource: { kind, id, bytes: text === undefined ? text : Buffer.from(text) },
  })
}

/** `<id>=<content>` of each response, `ack <nonce>` or `nack <nonce>` of each request, the kind of any other frame. */
function sent({ send }: Step): readonly string[] {
  return send.map(frame => {
    if (frame.response)
      return `${frame.response.ResourceID}=${Buffer.from(frame.response.Resource?.value ?? []).toString()}`
    if (frame.request) return `${frame.request.Error ? 'nack' : 'ack'} ${frame.request.ResponseNonce}`
    return Object.keys(frame).join()
  })
}

function endOf({ actions }: Step): string | undefined {
  const end = actions.find((action): action is Extract<Action, { kind: 'end' }> => action.kind === 'end')
  return end && `${end.refusal.code}: ${end.refusal.message}`
}

function subscribed(...kinds: readonly ResourceKind[]): Session {
  const { session } = createSession('acceptor', '', NOW)
  for (const kind of kinds) feed(session, request(kind))
  return session
}

describe('a session', () => {
  it('begins by asking for what its side needs, and with a heartbeat', () => {
    const urls = (role: 'dialer' | 'acceptor') =>
      createSession(role, 'p', NOW).begin.send.map(frame => frame.request?.ResourceURL.split('.').at(-1) ?? 'heartbeat')
    expect(urls('dialer')).toEqual([
      ...['PeeringTrustBundle', 'ExportedServiceList', 'PeeringServerAddresses', 'ExportedService', 'heartbeat'],
    ])
    expect(urls('acceptor')).toEqual(['PeeringTrustBundle', 'ExportedServiceList', 'ExportedService', 'heartbeat'])
    expect(createSession('dialer', 'p', NOW).begin.send[0]?.request).toMatchObject({ PeerID: 'p', ResponseNonce: '' })
  })

  it('beats every 15 seconds', () => {
    const { session } = createSession('dialer', '', NOW)
    const at = (now: number) => sent(step(session, { kind: 'tick', now }))
    expect([at(NOW + HEARTBEAT_MS - 1), at(NOW + HEARTBEAT_MS), at(NOW + HEARTBEAT_MS + 1)]).toEqual([
      [],
      ['heartbeat'],
      [],
    ])
    expect(at(NOW + 2 * HEARTBEAT_MS)).toEqual(['heartbeat'])
  })

  it('ends when no heartbeat has come for two minutes, whatever else has', () => {
    const { session } = createSession('dialer', '', NOW)
    feed(session, { heartbeat: {} }, NOW + 1000)
    feed(session, request('list'), NOW + 2000)
    expect(endOf(step(session, { kind: 'tick', now: NOW + 999 + HEARTBEAT_TIMEOUT_MS }))).toBeUndefined()
    const over = step(session, { kind: 'tick', now: NOW + 1000 + HEARTBEAT_TIMEOUT_MS })
    expect(endOf(over)).toBe('4: no heartbeat for 120 seconds')
    expect(feed(session, { heartbeat: {} })).toEqual({ send: [], actions: [] })
  })

  it('hears that the peer has ended the peering, and nothing after it', () => {
    const session = subscribed('list')
    expect(feed(session, { terminated: {} }).actions).toEqual([{ kind: 'terminated' }])
    expect(tell(session, 'list', 'l', 'a')).toEqual({ send: [], actions: [] })
  })

  it.each([
    ['an empty frame', {}, 'a frame has no content'],
    ['a second open', { open: { PeerID: '', StreamSecretID: '', Remote: undefined } }, 'the stream is open already'],
    ['a subscription to something unknown', request('list', { ResourceURL: 'x' }), 'unknown resource "x"'],
    ['a subscription with a nonce', request('list', { ResponseNonce: '1' }), 'neither a nonce nor an error'],
    [
      'a subscription with an error',
      request('list', { Error: { code: 1, message: '' } }),
      'neither a nonce nor an error',
    ],
    ['a response without a nonce', response('list', { Nonce: '' }), 'has no nonce'],
  ])('ends after %s', (_, frame, message) => {
    const { session } = createSession('acceptor', '', NOW)
    expect(endOf(feed(session, frame))).toContain(`3: `)
    expect(endOf(feed(createSession('acceptor', '', NOW).session, frame))).toContain(message)
    expect(session.closed).toBe(true)
  })
})

describe('what a session sends', () => {
  it('is what was subscribed to, when it is known', () => {
    const { session } = createSession('acceptor', '', NOW)
    tell(session, 'list', 'l', 'web')
    tell(session, 'service', 'web', '1')
    expect(sent(feed(session, request('list')))).toEqual(['l=web'])
    expect(sent(tell(session, 'service', 'api', '1'))).toEqual([])
    expect(sent(feed(session, request('service')))).toEqual(['web=1', 'api=1'])
    expect(sent(tell(session, 'service', 'web', '2'))).toEqual(['web=2'])
  })

  it('carries the operation, the type and a nonce no other has', () => {
    const session = subscribed('service')
    const frames = ['a', 'b'].flatMap(id => tell(session, 'service', id, '1').send)
    expect(frames.map(frame => frame.response?.Nonce)).toEqual(['00000001', '00000002'])
    expect(frames[0]?.response).toMatchObject({
      ...{ operation: 1, ResourceID: 'a', ResourceURL: RESOURCE_URLS.service },
      Resource: { typeUrl: RESOURCE_URLS.service },
    })
  })

  it('is trust first, then names, then services', () => {
    const session = subscribed('service', 'list', 'addresses', 'bundle')
    step(session, { kind: 'blocked' })
    for (const kind of ['service', 'list', 'addresses', 'bundle'] as const) tell(session, kind, kind, '1')
    expect(sent(step(session, { kind: 'writable' }))).toEqual(['bundle=1', 'addresses=1', 'list=1', 'service=1'])
  })

  it('is the newest version only, once the peer keeps up', () => {
    const session = subscribed('service')
    step(session, { kind: 'blocked' })
    for (const text of ['1', '2', '3']) expect(sent(tell(session, 'service', 'web', text))).toEqual([])
    tell(session, 'service', 'gone', '1')
    tell(session, 'service', 'gone', undefined)
    expect(sent(step(session, { kind: 'writable' }))).toEqual(['web=3'])
  })

  it('comes in bursts, so that others get a turn', () => {
    const { session } = createSession('acceptor', '', NOW)
    for (let i = 0; i < 150; i++) tell(session, 'service', `s${i}`, '1')
    const sizes = [feed(session, request('service')).send.length]
    while (!session.writable) sizes.push(step(session, { kind: 'writable' }).send.length)
    expect(sizes).toEqual([64, 64, 22])
  })

  it('is not sent again when the peer refuses it', () => {
    const session = subscribed('service')
    tell(session, 'service', 'web', '1')
    const refused = feed(session, request('service', { ResponseNonce: '00000001', Error: { code: 3, message: 'no' } }))
    expect(refused).toEqual({
      send: [],
      actions: [{ kind: 'refused', resource: 'service web', refusal: { code: 3, message: 'no' } }],
    })
    expect(sent(tell(session, 'service', 'web', '2'))).toEqual(['web=2'])
  })

  it('is told of when the peer takes it after all', () => {
    const session = subscribed('service')
    tell(session, 'service', 'web', '1')
    feed(session, request('service', { ResponseNonce: '00000001', Error: { code: 3, message: 'no' } }))
    tell(session, 'service', 'web', '2')
    const taken = feed(session, request('service', { ResponseNonce: '00000002' }))
    expect(taken).toEqual({ send: [], actions: [{ kind: 'accepted', resource: 'service web' }] })
  })

  it('is acknowledged without a word, also by an empty error', () => {
    const session = subscribed('service')
    tell(session, 'service', 'web', '1')
    const acks = [
      request('service', { ResponseNonce: '00000001' }),
      request('service', { ResponseNonce: 'x', Error: { code: 0, message: '' } }),
    ]
    for (const ack of acks) expect(feed(session, ack)).toEqual({ send: [], actions: [] })
  })
})

describe('what a session is sent', () => {
  it('is imported, and acknowledged or refused when that is done', () => {
    const session = subscribed()
    expect(feed(session, response('service')).actions).toEqual([
      { kind: 'import', nonce: '7', resource: 'service', id: 'id', bytes: Buffer.from('x') },
    ])
    expect(sent(step(session, { kind: 'imported', nonce: '7', resource: 'service' }))).toEqual(['ack 7'])
    const refusal = { code: 8, message: 'too much' }
    expect(step(session, { kind: 'imported', nonce: '8', resource: 'list', refusal }).send).toEqual([
      request('list', { ResponseNonce: '8', Error: refusal }),
    ])
  })

  it.each([
    ['of an unknown operation', response('list', { operation: 0 }), 'operation 0 is not known'],
    ['without a resource', response('list', { Resource: undefined }), 'missing or of another type'],
    ['of another type', response('list', { Resource: { typeUrl: 'x', value: Buffer.alloc(0) } }), 'of another type'],
    ['that was not asked for', response('addresses'), 'was not asked for'],
    ['of an unknown type', response('list', { ResourceURL: 'x' }), 'was not asked for'],
  ])('%s is refused and the stream goes on', (_, frame, message) => {
    const session = subscribed()
    const refused = feed(session, frame)
    expect(refused.actions).toEqual([])
    expect(refused.send[0]?.request).toMatchObject({ ResponseNonce: '7', Error: { code: 3 } })
    expect(refused.send[0]?.request?.Error?.message).toContain(message)
    expect(session.closed).toBe(false)
  })
})
