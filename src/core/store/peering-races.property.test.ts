import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { acceptorRow, dialerRow, refusalOf, storeAfter } from '../../../test/support/peering-rows.ts'
import type { Command } from './commands.ts'
import { reduce } from './reduce.ts'
import type { Store } from './store.ts'

const ID = 'id-east'
const RACES = 1_000

/** Somebody who has the token: a cluster of its own that takes it, as far as it gets. */
interface Racer {
  readonly name: string
  readonly store: Store
  step: number
  hasSecret: boolean
  hasStream: boolean
}

function submit(store: Store, command: Command): string {
  const reduced = reduce(store, command)
  if (reduced.ok) store.apply(reduced.writes, store.revision + 1)
  return refusalOf(reduced)
}

const begin = (): Command => {
  const peering = dialerRow('east', { PeerID: ID, ID: 'own' })
  return { type: 'begin-establish', peering, sealed: 'attempt', keepAddresses: false }
}

/** The next thing that a racer does: takes the token, exchanges its secret, notes the outcome, opens a stream. */
function advance(racer: Racer, acceptor: Store): void {
  const { name, store } = racer
  switch (racer.step++) {
    case 0:
      expect(submit(store, begin())).toBe('accepted')
      break
    case 1: {
      const exchange = {
        type: 'exchange-secret',
        id: ID,
        establishment: 'token',
        attempt: name,
        pending: `of-${name}`,
      } as const
      racer.hasSecret = submit(acceptor, exchange) === 'accepted'
      break
    }
    case 2:
      if (racer.hasSecret) submit(store, { type: 'finish-establish', id: 'own', peerId: ID, sealed: 'stream' })
      else submit(store, { type: 'abort-establish', id: 'own', peerId: ID, before: undefined })
      break
    case 3: {
      const secret = racer.hasSecret ? `of-${name}` : 'guessed'
      const remote = { Partition: '', Datacenter: name }
      racer.hasStream = submit(acceptor, { type: 'open-stream', id: ID, secret, remote }) === 'accepted'
      break
    }
  }
}

/** The next thing that whoever deletes the peering does. */
function remove(step: number, acceptor: Store): void {
  if (step === 0)
    submit(acceptor, { type: 'delete-peering', partition: 'default', name: 'east', at: '2026-01-01T00:00:00Z' })
  if (step === 1) submit(acceptor, { type: 'purge-imports', id: ID, limit: 100 })
  if (step === 2) submit(acceptor, { type: 'remove-peering', id: ID, at: 1 })
}

const generate: Command = {
  ...{ type: 'generate-peering', peering: acceptorRow('east'), establishment: 'token' },
}

/** Runs a race: each number is a turn, of a racer or, where it is none, of the deletion. */
function race(count: number, turns: readonly number[]) {
  const acceptor = storeAfter(generate)
  const racers = Array.from({ length: count }, (_, i): Racer => {
    return { name: `r${i}`, store: storeAfter(), step: 0, hasSecret: false, hasStream: false }
  })
  let deletion = 0
  let openedAfterDeletion = 0
  for (const turn of turns) {
    const racer = racers[turn]
    if (racer === undefined) remove(deletion++, acceptor)
    else {
      const had = racer.hasStream
      advance(racer, acceptor)
      if (!had && racer.hasStream && deletion > 0) openedAfterDeletion += 1
    }
  }
  return { acceptor, racers, deletion, openedAfterDeletion }
}

/** Turns of so many racers, four each, and three of a deletion if there is one, in any order. */
function turnsOf(racers: number, deletes: boolean): fc.Arbitrary<readonly number[]> {
  const own = Array.from({ length: racers }, (_, i) => [i, i, i, i]).flat()
  const all = deletes ? [...own, racers, racers, racers] : own
  return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length })
}

describe('a token that several clusters have', () => {
  it(`is won by exactly one in ${RACES} races`, () => {
    const races = fc.integer({ min: 2, max: 5 }).chain(count => fc.tuple(fc.constant(count), turnsOf(count, false)))
    fc.assert(
      fc.property(races, ([count, turns]) => {
        const { acceptor, racers } = race(count, turns)
        const winners = racers.filter(racer => racer.hasSecret)
        expect(winners).toHaveLength(1)
        expect(racers.filter(racer => racer.hasStream)).toEqual(winners)
        expect(acceptor.get('peerings', 'default\u001feast')?.Remote.Datacenter).toBe(winners[0]?.name)
        for (const racer of racers) {
          const row = racer.store.get('peerings', 'default\u001feast')
          expect(row?.State).toBe(racer.hasSecret ? 'ESTABLISHING' : undefined)
          expect(racer.store.list('peerings', 'all', '').length).toBe(racer.hasSecret ? 1 : 0)
        }
      }),
      { numRuns: RACES },
    )
  })

  it(`is won by one at most, and by nobody after it, when the peering is deleted meanwhile, in ${RACES} races`, () => {
    const races = fc.integer({ min: 1, max: 4 }).chain(count => fc.tuple(fc.constant(count), turnsOf(count, true)))
    fc.assert(
      fc.property(races, ([count, turns]) => {
        const { acceptor, racers, openedAfterDeletion } = race(count, turns)
        expect(racers.filter(racer => racer.hasSecret).length).toBeLessThanOrEqual(1)
        expect(openedAfterDeletion).toBe(0)
        expect(acceptor.list('peerings', 'all', '')).toEqual([])
        expect(acceptor.list('peerTrustBundles', 'all', '')).toEqual([])
        // Who won knows a secret that nothing can be opened with any more, and is told so rather than refused as a stranger.
        const winner = racers.find(racer => racer.hasSecret)
        const remote = { Partition: '', Datacenter: '' }
        const late = (secret: string) => submit(acceptor, { type: 'open-stream', id: ID, secret, remote })
        if (winner !== undefined) expect(late(`of-${winner.name}`)).toBe('conflict: the peering was deleted')
        expect(late('guessed')).not.toBe('accepted')
      }),
      { numRuns: RACES },
    )
  })
})
