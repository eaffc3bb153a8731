import { expect, test } from 'vitest'
import { closingText, hintsText, outcomeJson, styleFor, trialText } from './report.ts'
import type { Trial } from './scenario.ts'
import { federation } from './scenarios/federation.ts'

const style = styleFor(false, {})
const connection = { from: 'x:1', via: '', cluster: '', flags: '' }
const trial: Trial = {
  title: 'mode remote',
  answer: 'api in cloud answered',
  hops: [
    {
      proxy: 'web-sidecar',
      sni: 'api.long.consul',
      connection: {
        ...connection,
        at: 'a:1',
        to: 'gateway:8443',
        sni: '',
        caller: '',
        answerer: 'spiffe://long.consul/api',
      },
    },
    {
      proxy: 'api-sidecar',
      sni: '',
      connection: {
        ...connection,
        at: 'b:21000',
        to: '',
        sni: '',
        caller: 'spiffe://long.consul/web',
        answerer: '',
      },
    },
  ],
  expected: { answer: '', hops: [] },
  problems: [],
}

test('a trial is shown hop by hop, in columns, with both identities', () => {
  expect(trialText(trial, new Map([['long.consul', '<td>']]), style)).toBe(`
✓ mode remote   api in cloud answered
    1  web-sidecar  a:1      -> gateway:8443  SNI api.<td>
    2  api-sidecar  b:21000  -> (nowhere)
    client  spiffe://<td>/web
    server  spiffe://<td>/api
`)
})

test('what went wrong is below the hops', () => {
  const text = trialText({ ...trial, hops: [], problems: ['the way was through no proxy'] }, new Map(), style)
  expect(text).toBe('\n✗ mode remote   api in cloud answered\n    the way was through no proxy\n')
})

test('the end counts, and explains the abbreviations', () => {
  const outcome = {
    trials: [trial, { ...trial, problems: ['x'] }],
    abbreviations: new Map([['long', '<td>']]),
    hints: [],
  }
  expect(closingText(outcome, style)).toBe(
    '\n1 of 2 requests came back from the right service by the expected hops (<td> is long)\n',
  )
})

test('hints stand in two columns', () => {
  const text = hintsText(
    [
      { command: 'a', why: 'one' },
      { command: 'longer', why: 'two' },
    ],
    '/tmp/x',
    style,
  )
  expect(text).toContain('  a       # one\n  longer  # two\n')
})

test('JSON has one object for each trial, and whether all passed', () => {
  const outcome = { trials: [trial], abbreviations: new Map(), hints: [] }
  expect(JSON.parse(outcomeJson(federation, outcome))).toMatchObject({
    scenario: 'federation',
    passed: true,
    trials: [{ title: 'mode remote', hops: [{ proxy: 'web-sidecar', to: 'gateway:8443' }, { proxy: 'api-sidecar' }] }],
  })
})

test('colour is for terminals that want it', () => {
  expect(styleFor(true, {}).good('x')).toBe('\u001b[32mx\u001b[0m')
  expect(styleFor(true, { NO_COLOR: '1' }).good('x')).toBe('x')
  expect(styleFor(false, {}).good('x')).toBe('x')
})
