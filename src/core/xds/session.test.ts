import { describe, expect, test } from 'vitest'
import { Dialogue } from '../../../test/support/xds-dialogue.ts'
import { edsCluster, emptySet, fakeResource, resourceSet } from '../../../test/support/xds-resources.ts'
import type { Resource } from '../envoy/resource.ts'

const listener = (name: string, version = 'v1', children: string[] = []) =>
  fakeResource('listener', name, { version, children })
const endpoints = (name: string, version = 'v1') => fakeResource('endpoints', name, { version })
const route = (name: string, version = 'v1') => fakeResource('route', name, { version })
const cluster = (name: string, version = 'v1') => fakeResource('cluster', name, { version })

const small = resourceSet({
  cluster: [cluster('local_app'), edsCluster('db')],
  endpoints: [endpoints('db')],
  listener: [listener('public'), listener('db:127.0.0.1:9191')],
})

/** A dialogue in which Envoy holds and has acknowledged all of `small`. */
function settledDialogue(set = small): Dialogue {
  const envoy = new Dialogue()
  envoy.shouldHold(set)
  envoy.asks('cluster')
  envoy.acks('cluster', '00000001')
  envoy.asks('endpoints', { subscribe: ['db'] })
  envoy.acks('endpoints', '00000002')
  envoy.asks('listener')
  envoy.acksAll()
  expect(envoy.settled).toBe(true)
  return envoy
}

describe('the first configuration', () => {
  test('nothing is sent before the resources are known, however much Envoy asks', () => {
    const envoy = new Dialogue()
    expect(envoy.asks('cluster')).toEqual([])
    expect(envoy.asks('listener')).toEqual([])
    expect(envoy.shouldHold(small)).toEqual(['cluster 00000001 +local_app +db'])
  })

  test('a type is not sent before Envoy has asked for it', () => {
    const envoy = new Dialogue()
    expect(envoy.shouldHold(small)).toEqual([])
    expect(envoy.asks('cluster')).toEqual(['cluster 00000001 +local_app +db'])
    expect(envoy.acks('cluster', '00000001')).toEqual([])
    expect(envoy.asks('endpoints', { subscribe: ['db'] })).toEqual(['endpoints 00000002 +db'])
    expect(envoy.acks('endpoints', '00000002')).toEqual([])
    expect(envoy.asks('listener')).toEqual(['listener 00000003 +public +db:127.0.0.1:9191'])
    expect(envoy.acks('listener', '00000003')).toEqual([])
    expect(envoy.settled).toBe(true)
  })

  test('listeners wait while clusters or endpoints are unanswered', () => {
    const envoy = new Dialogue()
    envoy.shouldHold(small)
    expect(envoy.asks('cluster')).toEqual(['cluster 00000001 +local_app +db'])
    expect(envoy.asks('listener')).toEqual([])
    expect(envoy.asks('endpoints', { subscribe: ['db'] })).toEqual(['endpoints 00000002 +db'])
    expect(envoy.acks('cluster', '00000001')).toEqual([])
    expect(envoy.acks('endpoints', '00000002')).toEqual(['listener 00000003 +public +db:127.0.0.1:9191'])
  })

  test('secrets come before clusters', () => {
    const envoy = new Dialogue()
    envoy.asks('cluster')
    envoy.asks('secret', { subscribe: ['leaf'] })
    const set = resourceSet({ cluster: [cluster('a')], secret: [fakeResource('secret', 'leaf')] })
    expect(envoy.shouldHold(set)).toEqual(['secret 00000001 +leaf', 'cluster 00000002 +a'])
  })

  test('requests for types we do not serve are ignored', () => {
    const envoy = settledDialogue()
    const unknown = { typeUrl: 'type.googleapis.com/x.Y', subscribe: ['a'], unsubscribe: [], nonce: '' }
    expect(envoy.says({ kind: 'request', request: { ...unknown, initialVersions: new Map() } })).toEqual([])
    expect(envoy.settled).toBe(true)
  })

  test('nonces count in eight hex digits over all types of a stream', () => {
    const envoy = settledDialogue()
    for (let change = 4; change <= 16; change++) {
      const nonce = change.toString(16).padStart(8, '0')
      const set = { ...small, endpoints: [endpoints('db', `v${change}`)] }
      expect(envoy.shouldHold(set)).toEqual([`endpoints ${nonce} +db`])
      envoy.acks('endpoints', nonce)
    }
    expect(envoy.notes.at(-1)).toEqual({ kind: 'ack', type: 'endpoints', nonce: '00000010' })
  })

  test('a closed session says no more', () => {
    const envoy = settledDialogue()
    expect(envoy.says({ kind: 'close' })).toEqual([])
    expect(envoy.shouldHold(emptySet)).toEqual([])
  })
})

describe('changes', () => {
  test('the same resources again send nothing', () => {
    const envoy = settledDialogue()
    expect(envoy.shouldHold(small)).toEqual([])
    expect(envoy.shouldHold({ ...small, cluster: [...small.cluster] })).toEqual([])
  })

  test('another object of the same version sends nothing', () => {
    const envoy = settledDialogue()
    expect(envoy.shouldHold({ ...small, endpoints: [endpoints('db')] })).toEqual([])
    expect(envoy.settled).toBe(true)
  })

  test('only what changed is sent', () => {
    const envoy = settledDialogue()
    const set = { ...small, cluster: [cluster('local_app', 'v2'), small.cluster[1]!] }
    expect(envoy.shouldHold(set)).toEqual(['cluster 00000004 +local_app'])
  })

  test('changes made while a response is unanswered are sent as one when the answer comes', () => {
    const envoy = settledDialogue()
    expect(envoy.shouldHold({ ...small, endpoints: [endpoints('db', 'v2')] })).toEqual(['endpoints 00000004 +db'])
    expect(envoy.shouldHold({ ...small, endpoints: [endpoints('db', 'v3')] })).toEqual([])
    expect(envoy.shouldHold({ ...small, endpoints: [endpoints('db', 'v4')] })).toEqual([])
    expect(envoy.acks('endpoints', '00000004')).toEqual(['endpoints 00000005 +db'])
    expect(envoy.sent[0]!.upserts[0]!.version).toBe('v4')
  })

  test('a change undone while unanswered is sent back', () => {
    const envoy = settledDialogue()
    envoy.shouldHold({ ...small, endpoints: [endpoints('db', 'v2')] })
    expect(envoy.shouldHold(small)).toEqual([])
    expect(envoy.acks('endpoints', '00000004')).toEqual(['endpoints 00000005 +db'])
    expect(envoy.acks('endpoints', '00000005')).toEqual([])
  })

  test('a new upstream arrives as cluster, endpoints on request, then listener', () => {
    const envoy = settledDialogue()
    const set = resourceSet({
      cluster: [...small.cluster, edsCluster('web')],
      endpoints: [...small.endpoints, endpoints('web')],
      listener: [...small.listener, listener('web:127.0.0.1:9192')],
    })
    expect(envoy.shouldHold(set)).toEqual(['cluster 00000004 +web'])
    expect(envoy.asks('endpoints', { subscribe: ['web'] })).toEqual(['endpoints 00000005 +web'])
    expect(envoy.acks('cluster', '00000004')).toEqual([])
    expect(envoy.acks('endpoints', '00000005')).toEqual(['listener 00000006 +web:127.0.0.1:9192'])
  })

  test('an unknown nonce answers nothing', () => {
    const envoy = settledDialogue()
    envoy.shouldHold({ ...small, endpoints: [endpoints('db', 'v2')] })
    expect(envoy.acks('endpoints', '00000003')).toEqual([])
    expect(envoy.acks('endpoints', 'zzz')).toEqual([])
    expect(envoy.settled).toBe(false)
    envoy.acks('endpoints', '00000004')
    expect(envoy.settled).toBe(true)
  })

  test('names like constructor and __proto__ are names', () => {
    const envoy = new Dialogue()
    envoy.asks('cluster')
    envoy.shouldHold(resourceSet({ cluster: [cluster('__proto__'), cluster('constructor')] }))
    expect(envoy.sent[0]!.upserts.map(resource => resource.name)).toEqual(['__proto__', 'constructor'])
    envoy.acksAll()
    expect(envoy.shouldHold(resourceSet({ cluster: [cluster('constructor')] }))).toEqual([
      'cluster 00000002 -__proto__',
    ])
  })
})

describe('removals', () => {
  const withoutDb = resourceSet({ cluster: [small.cluster[0]!], listener: [small.listener[0]!] })

  test('an upstream goes listener first, cluster after Envoy has let go of the listener', () => {
    const envoy = settledDialogue()
    expect(envoy.shouldHold(withoutDb)).toEqual(['listener 00000004 -db:127.0.0.1:9191'])
    expect(envoy.acks('listener', '00000004')).toEqual(['cluster 00000005 -db'])
    expect(envoy.acks('cluster', '00000005')).toEqual([])
    expect(envoy.settled).toBe(true)
  })

  test('removals wait until the additions that replace them are acknowledged', () => {
    const envoy = settledDialogue()
    const set = resourceSet({
      cluster: [small.cluster[0]!, edsCluster('db2')],
      endpoints: [endpoints('db2')],
      listener: [small.listener[0]!, listener('db:127.0.0.1:9191', 'v2')],
    })
    expect(envoy.shouldHold(set)).toEqual(['cluster 00000004 +db2'])
    expect(envoy.asks('endpoints', { subscribe: ['db2'] })).toEqual(['endpoints 00000005 +db2'])
    expect(envoy.acks('cluster', '00000004')).toEqual([])
    expect(envoy.acks('endpoints', '00000005')).toEqual(['listener 00000006 +db:127.0.0.1:9191'])
    expect(envoy.acks('listener', '00000006')).toEqual(['cluster 00000007 -db'])
  })

  test('a refused listener keeps the clusters of its predecessor', () => {
    const envoy = settledDialogue()
    const set = { ...withoutDb, listener: [small.listener[0]!, listener('db:127.0.0.1:9191', 'v2')] }
    expect(envoy.shouldHold(set)).toEqual(['listener 00000004 +db:127.0.0.1:9191'])
    expect(envoy.nacks('listener', '00000004', 'listener db:127.0.0.1:9191: no')).toEqual([])
    const cured = { ...set, listener: [small.listener[0]!, listener('db:127.0.0.1:9191', 'v3')] }
    expect(envoy.shouldHold(cured)).toEqual(['listener 00000005 +db:127.0.0.1:9191'])
    expect(envoy.acks('listener', '00000005')).toEqual(['cluster 00000006 -db'])
  })

  test('what is followed by name is never reported as removed', () => {
    const envoy = settledDialogue()
    expect(envoy.shouldHold({ ...small, endpoints: [] })).toEqual([])
    expect(envoy.shouldHold({ ...small, endpoints: [endpoints('other')] })).toEqual([])
    expect(envoy.settled).toBe(true)
    expect(envoy.shouldHold({ ...small, endpoints: [endpoints('db', 'v2')] })).toEqual(['endpoints 00000004 +db'])
  })

  test('a vanished route does not hold back the removal of clusters', () => {
    const envoy = settledDialogue({ ...small, route: [route('r')] })
    envoy.asks('route', { subscribe: ['r', 'never-known'] })
    envoy.acksAll()
    envoy.shouldHold(withoutDb)
    expect(envoy.acksAll()).toEqual(['cluster 00000006 -db'])
  })

  test('a resource removed and added again while the removal is unanswered is sent again', () => {
    const envoy = settledDialogue()
    expect(envoy.shouldHold({ ...small, listener: [small.listener[0]!] })).toEqual([
      'listener 00000004 -db:127.0.0.1:9191',
    ])
    expect(envoy.shouldHold(small)).toEqual([])
    expect(envoy.acks('listener', '00000004')).toEqual(['listener 00000005 +db:127.0.0.1:9191'])
  })

  test('followed as a whole, endpoints and secrets are removed last', () => {
    const envoy = new Dialogue()
    for (const type of ['secret', 'cluster', 'endpoints', 'listener'] as const) envoy.asks(type)
    envoy.shouldHold({ ...small, secret: [fakeResource('secret', 's1'), fakeResource('secret', 's2')] })
    envoy.acksAll()
    const keeps = { secret: [fakeResource('secret', 's1')], endpoints: [endpoints('x')] }
    expect(envoy.shouldHold({ ...withoutDb, ...keeps })).toEqual(['endpoints 00000005 +x'])
    expect(envoy.acksAll().map(response => response.replace(/\d+ /, ''))).toEqual([
      'listener -db:127.0.0.1:9191',
      'cluster -db',
      'endpoints -db',
      'secret -s2',
    ])
  })
})

describe('children', () => {
  test('an updated cluster brings its unchanged endpoints again', () => {
    const envoy = settledDialogue()
    const set = { ...small, cluster: [small.cluster[0]!, edsCluster('db', 'v2')] }
    expect(envoy.shouldHold(set)).toEqual(['cluster 00000004 +db', 'endpoints 00000005 +db'])
    envoy.acksAll()
    expect(envoy.settled).toBe(true)
  })

  test('an updated cluster waits while its endpoints are not known, and Envoy keeps the old one', () => {
    const envoy = new Dialogue()
    envoy.shouldHold(resourceSet({ cluster: [edsCluster('db', 'v2'), cluster('other', 'v2')] }))
    expect(envoy.asks('cluster', { has: { db: 'v1', other: 'v1' } })).toEqual(['cluster 00000001 +other'])
    expect(envoy.asks('endpoints', { subscribe: ['db'], has: { db: 'v1' } })).toEqual([])
    envoy.acks('cluster', '00000001')

    const known = resourceSet({
      cluster: [edsCluster('db', 'v2'), cluster('other', 'v2')],
      endpoints: [endpoints('db')],
    })
    expect(envoy.shouldHold(known)).toEqual(['cluster 00000002 +db', 'endpoints 00000003 +db'])
  })

  test('a cluster Envoy does not have is sent even before its endpoints are known', () => {
    const envoy = new Dialogue()
    envoy.shouldHold(resourceSet({ cluster: [edsCluster('db')] }))
    expect(envoy.asks('cluster')).toEqual(['cluster 00000001 +db'])
  })

  test('a late acknowledgement of endpoints sent before the cluster does not make them known', () => {
    const envoy = settledDialogue()
    expect(envoy.shouldHold({ ...small, endpoints: [endpoints('db', 'v2')] })).toEqual(['endpoints 00000004 +db'])
    const set = resourceSet({
      ...small,
      cluster: [small.cluster[0]!, edsCluster('db', 'v2')],
      endpoints: [endpoints('db', 'v2')],
    })
    expect(envoy.shouldHold(set)).toEqual(['cluster 00000005 +db'])
    expect(envoy.acks('endpoints', '00000004')).toEqual(['endpoints 00000006 +db'])
    expect(envoy.acks('endpoints', '00000006')).toEqual([])
    expect(envoy.acks('cluster', '00000005')).toEqual([])
  })

  test('an updated listener brings its unchanged routes again', () => {
    const before = { ...small, listener: [listener('public', 'v1', ['web'])], route: [route('web')] }
    const envoy = settledDialogue(before)
    expect(envoy.asks('route', { subscribe: ['web'] })).toEqual(['route 00000004 +web'])
    envoy.acksAll()
    expect(envoy.shouldHold({ ...before, listener: [listener('public', 'v2', ['web'])] })).toEqual([
      'listener 00000005 +public',
      'route 00000006 +web',
    ])
  })

  test('asking again for a parent by name brings its children too', () => {
    const envoy = new Dialogue()
    envoy.shouldHold(small)
    envoy.asks('cluster', { subscribe: ['db'] })
    envoy.asks('endpoints', { subscribe: ['db'] })
    envoy.acksAll()
    envoy.acks('cluster', '00000001')
    envoy.acks('endpoints', '00000002')
    expect(envoy.settled).toBe(true)
    expect(envoy.asks('cluster', { subscribe: ['db'] })).toEqual(['cluster 00000003 +db', 'endpoints 00000004 +db'])
  })

  test('endpoints Envoy says to hold are sent again when their cluster was sent before it said so', () => {
    const envoy = new Dialogue()
    envoy.shouldHold({ ...small, cluster: [small.cluster[0]!, edsCluster('db', 'v2')] })
    expect(envoy.asks('cluster', { has: { local_app: 'v1', db: 'v1' } })).toEqual(['cluster 00000001 +db'])
    expect(envoy.asks('endpoints', { subscribe: ['db'], has: { db: 'v1' } })).toEqual(['endpoints 00000002 +db'])
  })
})

describe('subscriptions by name', () => {
  test('only what was asked for is sent', () => {
    const envoy = new Dialogue()
    envoy.shouldHold(resourceSet({ endpoints: [endpoints('a'), endpoints('b')] }))
    expect(envoy.asks('endpoints', { subscribe: ['b'] })).toEqual(['endpoints 00000001 +b'])
    envoy.acksAll()
    expect(envoy.shouldHold(resourceSet({ endpoints: [endpoints('a', 'v2'), endpoints('b')] }))).toEqual([])
    expect(envoy.asks('endpoints', { subscribe: ['a'] })).toEqual(['endpoints 00000002 +a'])
  })

  test('asking again brings an unchanged resource again', () => {
    const envoy = settledDialogue()
    expect(envoy.asks('endpoints', { subscribe: ['db'] })).toEqual(['endpoints 00000004 +db'])
  })

  test('asking again while it is under way brings it once more', () => {
    const envoy = settledDialogue()
    envoy.shouldHold({ ...small, endpoints: [endpoints('db', 'v2')] })
    expect(envoy.asks('endpoints', { subscribe: ['db'] })).toEqual([])
    expect(envoy.acks('endpoints', '00000004')).toEqual(['endpoints 00000005 +db'])
  })

  test('what Envoy no longer asks for is no longer sent', () => {
    const envoy = settledDialogue()
    envoy.asks('endpoints', { unsubscribe: ['db', 'never-asked'] })
    expect(envoy.shouldHold({ ...small, endpoints: [endpoints('db', 'v2')] })).toEqual([])
    expect(envoy.asks('endpoints', { subscribe: ['db'] })).toEqual(['endpoints 00000004 +db'])
  })

  test('an acknowledgement after the end of a subscription leaves nothing known', () => {
    const envoy = settledDialogue()
    envoy.shouldHold({ ...small, endpoints: [endpoints('db', 'v2')] })
    envoy.asks('endpoints', { unsubscribe: ['db'] })
    envoy.acks('endpoints', '00000004')
    expect(envoy.asks('endpoints', { subscribe: ['db'] })).toEqual(['endpoints 00000005 +db'])
  })

  test('a name dropped and asked for in one request is asked for', () => {
    const envoy = settledDialogue()
    expect(envoy.asks('endpoints', { subscribe: ['db'], unsubscribe: ['db'] })).toEqual(['endpoints 00000004 +db'])
  })

  test('an acknowledgement may carry a subscription', () => {
    const envoy = new Dialogue()
    envoy.shouldHold(resourceSet({ endpoints: [endpoints('a'), endpoints('b')] }))
    envoy.asks('endpoints', { subscribe: ['a'] })
    const both = { typeUrl: 'type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment', subscribe: ['b'] }
    const request = { ...both, unsubscribe: [], initialVersions: new Map(), nonce: '00000001' }
    expect(envoy.says({ kind: 'request', request })).toEqual(['endpoints 00000002 +b'])
  })

  test('a resource that appears after it was asked for is sent when it appears', () => {
    const envoy = settledDialogue()
    expect(envoy.asks('endpoints', { subscribe: ['late'] })).toEqual([])
    expect(envoy.settled).toBe(true)
    expect(envoy.shouldHold({ ...small, endpoints: [...small.endpoints, endpoints('late')] })).toEqual([
      'endpoints 00000004 +late',
    ])
  })

  test('who follows everything may name names without effect', () => {
    const envoy = settledDialogue()
    expect(envoy.asks('cluster', { subscribe: ['db'], unsubscribe: ['local_app'] })).toEqual([])
    expect(envoy.shouldHold({ ...small, cluster: [cluster('local_app', 'v2'), small.cluster[1]!] })).toEqual([
      'cluster 00000004 +local_app',
    ])
  })

  test('a star follows everything', () => {
    const envoy = new Dialogue()
    envoy.shouldHold(small)
    expect(envoy.asks('cluster', { subscribe: ['*'] })).toEqual(['cluster 00000001 +local_app +db'])
  })
})

describe('a second stream', () => {
  const has: Record<string, string> = { local_app: 'v1', db: 'v1' }

  test('what Envoy still holds is not sent again', () => {
    const envoy = new Dialogue()
    envoy.shouldHold(small)
    expect(envoy.asks('cluster', { has })).toEqual([])
    expect(envoy.asks('endpoints', { subscribe: ['db'], has: { db: 'v1' } })).toEqual([])
    expect(envoy.asks('listener', { has: { public: 'v1', 'db:127.0.0.1:9191': 'v1' } })).toEqual([])
    expect(envoy.settled).toBe(true)
  })

  test('what changed meanwhile is sent, what vanished is removed', () => {
    const envoy = new Dialogue()
    envoy.shouldHold(small)
    expect(envoy.asks('cluster', { has: { local_app: 'v0', db: 'v1', old: 'v1' } })).toEqual([
      'cluster 00000001 +local_app',
    ])
    expect(envoy.acks('cluster', '00000001')).toEqual(['cluster 00000002 -old'])
  })

  test('what Envoy holds by name counts as asked for', () => {
    const envoy = new Dialogue()
    envoy.shouldHold(small)
    expect(envoy.asks('endpoints', { subscribe: ['x'], has: { db: 'v0' } })).toEqual(['endpoints 00000001 +db'])
  })

  test('it may say so before the resources are known', () => {
    const envoy = new Dialogue()
    envoy.asks('cluster', { has: { ...has, old: 'v1' } })
    envoy.asks('endpoints', { subscribe: ['db'], has: { db: 'v0' } })
    expect(envoy.shouldHold(small)).toEqual(['endpoints 00000001 +db'])
    expect(envoy.acks('endpoints', '00000001')).toEqual(['cluster 00000002 -old'])
  })
})

describe('emptiness', () => {
  test('a type without resources is not mentioned, not even to remove the last of them', () => {
    const envoy = settledDialogue()
    expect(envoy.shouldHold({ ...small, cluster: [], endpoints: [] })).toEqual([])
    const fresh = new Dialogue()
    fresh.asks('cluster')
    expect(fresh.shouldHold(emptySet)).toEqual([])
  })

  test('where emptiness is a fact it is said once', () => {
    const set = { ...emptySet, allowEmpty: new Set(['cluster', 'route'] as const) }
    const envoy = new Dialogue()
    envoy.asks('cluster')
    expect(envoy.shouldHold(set)).toEqual(['cluster 00000001'])
    expect(envoy.asks('listener')).toEqual([])
    expect(envoy.acks('cluster', '00000001')).toEqual([])
    expect(envoy.asks('route', { subscribe: ['r'] })).toEqual(['route 00000002'])
    expect(envoy.shouldHold({ ...set })).toEqual([])
  })

  test('an empty response unanswered holds listeners back like any other', () => {
    const envoy = new Dialogue()
    envoy.asks('cluster')
    envoy.asks('listener')
    const set = { ...emptySet, listener: [listener('public')], allowEmpty: new Set(['cluster'] as const) }
    expect(envoy.shouldHold(set)).toEqual(['cluster 00000001'])
    expect(envoy.acks('cluster', '00000001')).toEqual(['listener 00000002 +public'])
  })

  test('where emptiness is a fact the last resource is removed', () => {
    const envoy = settledDialogue({ ...small, allowEmpty: new Set(['cluster'] as const) })
    const set = { ...small, cluster: [], allowEmpty: new Set(['cluster'] as const) }
    expect(envoy.shouldHold(set)).toEqual(['cluster 00000004 -local_app -db'])
  })

  test('a refused empty response is not repeated', () => {
    const envoy = new Dialogue()
    envoy.asks('cluster')
    envoy.shouldHold({ ...emptySet, allowEmpty: new Set(['cluster'] as const) })
    expect(envoy.nacks('cluster', '00000001', 'no')).toEqual([])
    expect(envoy.asks('listener')).toEqual([])
  })
})

describe('refusals', () => {
  const changed = { ...small, listener: [listener('public', 'v2'), listener('db:127.0.0.1:9191', 'v2')] }

  test('a refusal is noted with the resource Envoy named, and the others go again without it', () => {
    const envoy = settledDialogue()
    envoy.shouldHold(changed)
    const message = 'Error adding/updating listener(s) db:127.0.0.1:9191: cannot bind'
    expect(envoy.nacks('listener', '00000004', message)).toEqual(['listener 00000005 +public'])
    const note = { kind: 'nack', type: 'listener', nonce: '00000004', names: ['db:127.0.0.1:9191'], pinned: true }
    expect(envoy.notes.at(-1)).toEqual({ ...note, status: { code: 13, message } })
    expect(envoy.acks('listener', '00000005')).toEqual([])
    expect(envoy.settled).toBe(false)
  })

  test('a refusal that names nothing is about the whole response, and nothing goes again at once', () => {
    const envoy = settledDialogue()
    envoy.shouldHold(changed)
    expect(envoy.nacks('listener', '00000004', 'bad configuration')).toEqual([])
    expect(envoy.notes.at(-1)).toMatchObject({ kind: 'nack', names: ['public', 'db:127.0.0.1:9191'], pinned: false })
  })

  test('other traffic of the stream does not bring refused resources again', () => {
    const envoy = settledDialogue()
    envoy.shouldHold(changed)
    envoy.nacks('listener', '00000004', 'bad configuration')
    expect(envoy.shouldHold({ ...changed, endpoints: [endpoints('db', 'v2')] })).toEqual(['endpoints 00000005 +db'])
    expect(envoy.acks('endpoints', '00000005')).toEqual([])
    expect(envoy.asks('route', { subscribe: ['r'] })).toEqual([])
  })

  test('the next change of the type tries again what was refused without a name', () => {
    const envoy = settledDialogue()
    envoy.shouldHold(changed)
    envoy.nacks('listener', '00000004', 'bad configuration')
    const set = { ...changed, listener: [...changed.listener, listener('new')] }
    expect(envoy.shouldHold(set)).toEqual(['listener 00000005 +public +db:127.0.0.1:9191 +new'])
  })

  test('a resource refused by name stays aside until it changes itself', () => {
    const envoy = settledDialogue()
    envoy.shouldHold(changed)
    envoy.nacks('listener', '00000004', 'public: no')
    envoy.acksAll()
    const more = [...changed.listener, listener('new')]
    expect(envoy.shouldHold({ ...changed, listener: more })).toEqual(['listener 00000006 +new'])
    envoy.acksAll()
    const cured = [listener('public', 'v3'), ...more.slice(1)]
    expect(envoy.shouldHold({ ...changed, listener: cured })).toEqual(['listener 00000007 +public'])
  })

  test('a change of clusters gives a refused listener another try', () => {
    const envoy = settledDialogue()
    envoy.shouldHold(changed)
    envoy.nacks('listener', '00000004', 'public: unknown cluster')
    envoy.acksAll()
    expect(envoy.shouldHold({ ...changed, cluster: [...small.cluster, cluster('x')] })).toEqual(['cluster 00000006 +x'])
    expect(envoy.acks('cluster', '00000006')).toEqual(['listener 00000007 +public'])
  })

  test('asking again by name gives it another try', () => {
    const envoy = settledDialogue()
    envoy.shouldHold({ ...small, endpoints: [endpoints('db', 'v2')] })
    expect(envoy.nacks('endpoints', '00000004', 'db: no')).toEqual([])
    expect(envoy.asks('endpoints', { subscribe: ['db'] })).toEqual(['endpoints 00000005 +db'])
  })

  test('a version replaced while it was refused is not held against its successor', () => {
    const envoy = settledDialogue()
    envoy.shouldHold({ ...small, endpoints: [endpoints('db', 'v2')] })
    envoy.shouldHold({ ...small, endpoints: [endpoints('db', 'v3')] })
    expect(envoy.nacks('endpoints', '00000004', 'db: no')).toEqual(['endpoints 00000005 +db'])
  })

  test('a refused removal is not repeated', () => {
    const envoy = settledDialogue()
    envoy.shouldHold({ ...small, listener: [small.listener[0]!] })
    expect(envoy.nacks('listener', '00000004', 'no')).toEqual([])
    expect(envoy.asks('endpoints', { subscribe: ['x'] })).toEqual([])
  })

  test('two types refused in turn do not wake one another', () => {
    const envoy = settledDialogue({ ...small, route: [route('r')] })
    envoy.asks('route', { subscribe: ['r'] })
    envoy.acksAll()
    expect(envoy.shouldHold({ ...changed, route: [route('r', 'v2')] })).toHaveLength(2)
    expect(envoy.nacks('listener', '00000005', 'no')).toEqual([])
    expect(envoy.nacks('route', '00000006', 'no')).toEqual([])
    expect(envoy.acks('listener', '00000005')).toEqual([])
  })
})

describe('invalid resources', () => {
  const bad: Resource = fakeResource('cluster', 'db', {
    version: 'v2',
    issues: [{ path: 'name', message: 'too short' }],
  })

  test('are withheld without sinking the response, and their predecessor stays', () => {
    const envoy = settledDialogue()
    const set = { ...small, cluster: [cluster('local_app', 'v2'), bad] }
    expect(envoy.shouldHold(set)).toEqual(['cluster 00000004 +local_app'])
    expect(envoy.notes.at(-1)).toEqual({ kind: 'withheld', resource: bad })
    envoy.acksAll()
    expect(envoy.settled).toBe(false)
  })

  test('are noted once, and sent when they are valid again', () => {
    const envoy = settledDialogue()
    envoy.shouldHold({ ...small, cluster: [small.cluster[0]!, bad] })
    envoy.asks('endpoints', { subscribe: ['x'] })
    expect(envoy.notes.filter(note => note.kind === 'withheld')).toHaveLength(1)
    expect(envoy.shouldHold({ ...small, cluster: [small.cluster[0]!, edsCluster('db', 'v3')] })).toEqual([
      'cluster 00000004 +db',
      'endpoints 00000005 +db',
    ])
  })

  test('changed back to what Envoy holds need nothing', () => {
    const envoy = settledDialogue()
    envoy.shouldHold({ ...small, cluster: [small.cluster[0]!, bad] })
    expect(envoy.shouldHold(small)).toEqual([])
    expect(envoy.settled).toBe(true)
  })
})
