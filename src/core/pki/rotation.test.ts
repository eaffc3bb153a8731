import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  CLUSTER_ID,
  DAY_MS,
  START,
  TRUST_DOMAIN,
  testCrossSigned,
  testIntermediate,
  testRoot,
} from '../../../test/support/authority.ts'
import { type CaRoot, shownRoot } from '../model/ca.ts'
import { caRoot, rootsRow, secondaryRoots } from './roots.ts'
import { type Rotation, type RotationEvent, rotate, trustedRoots } from './rotation.ts'

const LEAF_TTL_MS = 3 * DAY_MS
const first = testRoot()
const second = testRoot()
const third = testRoot()
const secondByFirst = testCrossSigned(second, first)

const play = (events: readonly RotationEvent[], from: Rotation = { phase: 'empty' }): Rotation =>
  events.reduce<Rotation>((state, event) => {
    const { state: next, issues } = rotate(state, event)
    expect(issues).toEqual([])
    return next
  }, from)

const issueOf = (state: Rotation, event: RotationEvent) => {
  const result = rotate(state, event)
  return { message: result.issues[0]?.message, unchanged: result.state === state }
}

const START_UP: readonly RotationEvent[] = [
  { type: 'generated', root: first.row },
  { type: 'activated', now: START },
]
const ROTATED: readonly RotationEvent[] = [
  ...START_UP,
  { type: 'generated', root: second.row },
  { type: 'cross-signed', certPem: secondByFirst, now: START },
  { type: 'activated', now: START + 1000 },
]

describe('the first root', () => {
  it('becomes active without a cross-signature', () => {
    const state = play(START_UP)
    expect(state).toMatchObject({
      phase: 'steady',
      roots: [{ ID: first.row.ID, Active: true, IntermediateCerts: null }],
    })
  })
})

describe('a rotation', () => {
  it('puts the new root first, with the cross-signed certificate, and keeps the old one inactive', () => {
    const roots = trustedRoots(play(ROTATED))
    expect(roots.map(root => [root.ID, root.Active])).toEqual([
      [second.row.ID, true],
      [first.row.ID, false],
    ])
    expect(roots[0]?.IntermediateCerts).toEqual([secondByFirst])
    expect(roots[1]?.RotatedOutAt).toBe(START + 1000)
  })

  it('trusts only the old root until the new one is activated', () => {
    const half = play(ROTATED.slice(0, -1))
    expect(half.phase).toBe('ready')
    expect(trustedRoots(half).map(root => root.ID)).toEqual([first.row.ID])
  })

  it('can be abandoned', () => {
    expect(play([...ROTATED.slice(0, -1), { type: 'abandoned' }])).toEqual(play(START_UP))
    expect(play([{ type: 'generated', root: first.row }, { type: 'abandoned' }])).toEqual({ phase: 'empty' })
  })

  it('survives being stored in its middle', () => {
    const half: Rotation = JSON.parse(JSON.stringify(play(ROTATED.slice(0, 3))))
    expect(play(ROTATED.slice(3), half)).toEqual(play(ROTATED))
  })

  it('stops when the old root cannot certify the new one, unless it is forced', () => {
    const waiting = play(ROTATED.slice(0, 3))
    const refused: RotationEvent = { type: 'cross-signing-refused', reason: 'no', force: false }
    const { state, issues } = rotate(waiting, refused)
    expect(state).toEqual(play(START_UP))
    expect(issues[0]).toMatchObject({ path: 'ForceWithoutCrossSigning', message: expect.stringContaining('(no)') })
    const forced = play(
      [
        { ...refused, force: true },
        { type: 'activated', now: START },
      ],
      waiting,
    )
    expect(trustedRoots(forced)[0]).toMatchObject({ ID: second.row.ID, Active: true, IntermediateCerts: null })
  })

  it('refuses a cross-signature that is not the active root about the new one', () => {
    const waiting = play(ROTATED.slice(0, 3))
    const crossSigned = (certPem: string): RotationEvent => ({ type: 'cross-signed', certPem, now: START })
    const wrongRoot = issueOf(waiting, crossSigned(testCrossSigned(third, first)))
    expect(wrongRoot).toEqual({ message: 'the cross-signed certificate is not of the new root', unchanged: true })
    const wrongSigner = issueOf(waiting, crossSigned(testCrossSigned(second, third)))
    expect(wrongSigner.message).toContain('not signed by the active root')
    expect(issueOf(waiting, crossSigned('nonsense')).message).toContain('cannot be read')
  })

  it('chains through all roots of the last week when rotations follow one another', () => {
    const thirdBySecond = testCrossSigned(third, second, START + DAY_MS)
    const again: readonly RotationEvent[] = [
      { type: 'generated', root: third.row },
      { type: 'cross-signed', certPem: thirdBySecond, now: START + DAY_MS },
      { type: 'activated', now: START + DAY_MS },
    ]
    const roots = trustedRoots(play(again, play(ROTATED)))
    expect(roots.map(root => root.ID)).toEqual([third.row.ID, second.row.ID, first.row.ID])
    expect(roots[0]?.IntermediateCerts).toEqual([thirdBySecond, secondByFirst])
  })

  it('carries at most three cross-signed certificates however often roots rotate', () => {
    let state = play(START_UP)
    let active = first
    for (let i = 0; i < 6; i++) {
      const next = testRoot()
      const certPem = testCrossSigned(next, active)
      const round: readonly RotationEvent[] = [
        { type: 'generated', root: next.row },
        { type: 'cross-signed', certPem, now: START },
        { type: 'activated', now: START },
      ]
      state = play(round, state)
      active = next
    }
    expect(trustedRoots(state)[0]?.IntermediateCerts).toHaveLength(3)
  })
})

describe('events out of turn', () => {
  const steady = play(START_UP)
  it.each<[string, Rotation, RotationEvent, string]>([
    ['a cross-signature nobody waits for', steady, { type: 'cross-signed', certPem: '', now: 0 }, 'no root waits'],
    ['an activation of nothing', steady, { type: 'activated', now: 0 }, 'no root is ready'],
    ['an abandonment of nothing', steady, { type: 'abandoned' }, 'no rotation is under way'],
    ['a second candidate', play(ROTATED.slice(0, 3)), { type: 'generated', root: third.row }, 'already under way'],
    ['the root that is active', steady, { type: 'generated', root: first.row }, 'already trusted'],
  ])('%s is an issue and changes nothing', (_, state, event, message) => {
    const result = issueOf(state, event)
    expect(result.message).toContain(message)
    expect(result.unchanged).toBe(true)
  })

  it('never leave more or fewer than one active root, whatever their order', () => {
    const event = fc.constantFrom<RotationEvent>(
      { type: 'generated', root: first.row },
      { type: 'generated', root: second.row },
      { type: 'cross-signed', certPem: secondByFirst, now: START },
      { type: 'cross-signing-refused', reason: 'no', force: true },
      { type: 'cross-signing-refused', reason: 'no', force: false },
      { type: 'activated', now: START },
      { type: 'abandoned' },
      { type: 'swept', now: START + 30 * DAY_MS, leafTtlMs: LEAF_TTL_MS },
    )
    fc.assert(
      fc.property(fc.array(event, { maxLength: 20 }), events => {
        const state = events.reduce<Rotation>((s, e) => rotate(s, e).state, { phase: 'empty' })
        const roots = trustedRoots(state)
        expect(roots.filter(root => root.Active)).toHaveLength(roots.length > 0 ? 1 : 0)
      }),
    )
  })
})

describe('sweeping', () => {
  const state = play(ROTATED)
  const sweep = (now: number) => rotate(state, { type: 'swept', now, leafTtlMs: LEAF_TTL_MS }).state

  it('keeps the old root for two leaf lifetimes', () => {
    expect(sweep(START + 2 * LEAF_TTL_MS)).toBe(state)
    const pruned = sweep(START + 1000 + 2 * LEAF_TTL_MS)
    expect(trustedRoots(pruned).map(root => root.ID)).toEqual([second.row.ID])
  })

  it('drops the cross-signed certificate when it expires', () => {
    expect(trustedRoots(sweep(START + 7 * DAY_MS - 1))[0]?.IntermediateCerts).toEqual([secondByFirst])
    expect(trustedRoots(sweep(START + 7 * DAY_MS))[0]?.IntermediateCerts).toBeNull()
  })

  it('drops an old root that has expired before its time, and never the active one', () => {
    const brief = testRoot(START, DAY_MS)
    const old: CaRoot = { ...brief.row, Active: false, RotatedOutAt: START }
    const roots: Rotation = { phase: 'steady', roots: [{ ...first.row, Active: true }, old] }
    const swept = rotate(roots, { type: 'swept', now: START + 4000 * DAY_MS, leafTtlMs: 4000 * DAY_MS }).state
    expect(trustedRoots(swept).map(root => root.ID)).toEqual([first.row.ID])
  })
})

describe('root rows', () => {
  it('show the certificate in the form of the API', () => {
    expect(first.row).toMatchObject({
      ID: expect.stringMatching(/^([0-9a-f]{2}:){19}[0-9a-f]{2}$/),
      Name: 'Consul CA Primary Cert',
      SerialNumber: 7,
      SigningKeyID: expect.stringMatching(/^([0-9a-f]{2}:){31}[0-9a-f]{2}$/),
      ExternalTrustDomain: CLUSTER_ID,
      NotBefore: '2025-12-31T23:59:00Z',
      NotAfter: '2035-12-30T00:00:00Z',
      RootCert: expect.stringMatching(/-----END CERTIFICATE-----\n$/),
      PrivateKeyType: 'ec',
      PrivateKeyBits: 256,
    })
  })

  it('name the active root, and hide when a root was rotated out', () => {
    const row = rootsRow(trustedRoots(play(ROTATED)), CLUSTER_ID)
    expect(row).toMatchObject({ ActiveRootID: second.row.ID, TrustDomain: TRUST_DOMAIN })
    expect(shownRoot(row.Roots[1]!)).not.toHaveProperty('RotatedOutAt')
    expect(rootsRow([], CLUSTER_ID).ActiveRootID).toBe('')
  })

  it('show a serial number beyond 53 bits by its low end', () => {
    const serial = Uint8Array.from([1, 0, 0, 0, 0, 0, 0, 0, 5])
    expect(caRoot({ ...first.certificate, serial }, CLUSTER_ID).SerialNumber).toBe(5)
  })

  it('of a secondary datacenter have its intermediate behind the active root', () => {
    const intermediate = testIntermediate(second)
    const [active, old] = secondaryRoots(trustedRoots(play(ROTATED)), intermediate)
    expect(active?.IntermediateCerts).toHaveLength(2)
    expect(active?.IntermediateCerts?.[0]).toBe(secondByFirst)
    expect(active?.SigningKeyID).not.toBe(second.row.SigningKeyID)
    expect(old).toMatchObject({ ID: first.row.ID, SigningKeyID: first.row.SigningKeyID })
  })
})
