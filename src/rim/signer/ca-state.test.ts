import { expect, it } from 'vitest'
import { CLUSTER_ID, testRoot } from '../../../test/support/authority.ts'
import { type CaState, decodeCaState, encodeCaState } from './ca-state.ts'
import { newSignerState } from './signer-state.ts'

const root = testRoot()
const signer = { ...newSignerState(CLUSTER_ID), keyPem: root.keyPem, certPem: root.row.RootCert }
const steady: CaState = { version: 1, rotation: { phase: 'steady', roots: [root.row] }, signer, candidate: null }

it.each<[string, CaState]>([
  ['an authority at rest', steady],
  [
    'a rotation under way',
    { ...steady, rotation: { phase: 'ready', roots: [root.row], candidate: root.row }, candidate: signer },
  ],
  ['an authority without a root', { ...steady, rotation: { phase: 'empty' } }],
])('%s is read back as it was written', (_, state) => {
  expect(decodeCaState(encodeCaState(state))).toEqual(state)
})

it.each([
  ['no JSON', 'secret'],
  ['a newer version', JSON.stringify({ ...steady, version: 2 })],
  ['no signer', JSON.stringify({ ...steady, signer: { secret: 1 } })],
  ['an unknown phase', JSON.stringify({ ...steady, rotation: { phase: 'secret' } })],
  ['a damaged candidate', JSON.stringify({ ...steady, candidate: { links: [1] } })],
])('%s is refused without being quoted', (_, text) => {
  expect(() => decodeCaState(text)).toThrow(/^the stored state of the certificate authority is damaged/)
})
