import { expect, test } from 'vitest'
import { accessLogs, followConnection, loggedConnections } from './access-log.ts'

function line(fields: Record<string, string>): string {
  const all = { from: '-', at: '-', sni: '-', via: '-', to: '-', cluster: '-', caller: '-', answerer: '-', flags: '-' }
  return JSON.stringify({ ...all, ...fields })
}

test('a connection is followed from proxy to proxy by the ends of its connections', () => {
  const proxies = new Map([
    ['api-sidecar', [line({ from: 'y', via: 'z', sni: 'api' })]],
    ['web-sidecar', ['[warning] something else', line({ from: 'other', via: 'q' }), line({ from: 'w', via: 'x' })]],
    ['gateway', [line({ from: 'x', via: 'y' })]],
  ])
  expect(followConnection('w', proxies).map(hop => hop.proxy)).toEqual(['web-sidecar', 'gateway', 'api-sidecar'])
  expect(followConnection('unknown', proxies)).toEqual([])
})

test('of connections from the same end the newest counts', () => {
  const lines = [line({ from: 'w', at: 'admin' }), line({ from: 'w', via: 'x' })]
  expect(followConnection('w', new Map([['web-sidecar', lines]])).map(hop => hop.connection.via)).toEqual(['x'])
})

test('a proxy is on the way once, whatever its log says', () => {
  expect(followConnection('w', new Map([['loop', [line({ from: 'w', via: 'w' })]]]))).toHaveLength(1)
})

test('what Envoy writes as a dash is empty', () => {
  expect(loggedConnections([line({ from: 'w' })])).toEqual([
    { from: 'w', at: '', sni: '', via: '', to: '', cluster: '', caller: '', answerer: '', flags: '' },
  ])
})

test('lines that are no access log are left out', () => {
  expect(loggedConnections(['', '{', '{"via"', '{"other": 1}', 'plain text with "via"'])).toEqual([])
})

test('the format asks for every field', () => {
  expect(Object.keys(JSON.parse(accessLogs.JSONFormat))).toEqual(Object.keys(loggedConnections([line({})])[0]!))
})
