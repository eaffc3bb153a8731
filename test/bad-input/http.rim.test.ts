// What the HTTP API of a whole agent says to input that nobody meant, and that nothing changes by it.

import { request } from 'node:http'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AgentAnswer, type RunningAgent, startRunningAgent } from '../support/running-agent.ts'

const REGISTER = '/v1/agent/service/register'

let agent: RunningAgent
beforeAll(async () => {
  agent = await startRunningAgent({ max_query_time: '50ms' })
})
afterAll(() => agent.close())

/** Everything that input could have changed. */
async function everything(): Promise<string> {
  const paths = ['/v1/agent/services', '/v1/agent/checks', '/v1/catalog/nodes', '/v1/catalog/services']
  const kinds = ['proxy-defaults', 'service-defaults', 'service-resolver', 'service-intentions', 'mesh']
  const all = [...paths, ...kinds.map(kind => `/v1/config/${kind}`), '/v1/connect/intentions']
  return (await Promise.all(all.map(path => agent.call('GET', path)))).map(answer => answer.text).join('\n')
}

async function refused(method: string, path: string, body?: string | Uint8Array | object): Promise<AgentAnswer> {
  const before = await everything()
  const answer = await agent.call(method, path, body)
  expect(await everything()).toBe(before)
  expect(agent.log.lines.filter(line => line.includes('a request failed'))).toEqual([])
  return answer
}

function sidecar(proxy: object): object {
  return { Name: 'web', Port: 80, Connect: { SidecarService: { Proxy: proxy } } }
}

describe('a service registration', () => {
  it.each([
    ['an unknown mode', sidecar({ MeshGateway: { Mode: 'locl' } }), 'Connect.SidecarService.Proxy.MeshGateway.Mode'],
    ['an unknown field', sidecar({ Upstream: [] }), '"Upstreams"'],
    ['a wrong type', { Name: 'web', Port: 'x' }, 'Port: expected a whole number, got "x"'],
    ['a port out of range', { Name: 'web', Port: 70000 }, 'Port: invalid value 70000; allowed is 0 to 65535'],
    ['no name', { Port: 80 }, 'Missing service name'],
    ['an unknown kind', { Name: 'web', Kind: 'proxy' }, 'allowed are "", "connect-proxy"'],
    ['a control character in the name', { Name: 'we\u0001b' }, 'control characters'],
    ['a control character in the address', { Name: 'web', Address: '10.0.0.1\n' }, 'control characters'],
    ['a check of no kind', { Name: 'web', Check: { Interval: '1s' } }, 'must be set'],
    ['a script where scripts are off', { Name: 'web', Check: { Args: ['x'], Interval: '1s' } }, 'Scripts are disabled'],
  ])('with %s is refused with a sentence that names it', async (_, body, sentence) => {
    const answer = await refused('PUT', REGISTER, body)
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(sentence)])
  })
})

describe('a config entry', () => {
  it.each([
    [
      'an unknown mode',
      { Kind: 'proxy-defaults', Name: 'global', MeshGateway: { Mode: 'on' } },
      400,
      '"local", "remote"',
    ],
    [
      'an unknown field',
      { Kind: 'proxy-defaults', Name: 'global', MeshGatway: {} },
      400,
      'did you mean "MeshGateway"?',
    ],
    ['an unknown kind', { Kind: 'proxy-default', Name: 'global' }, 400, 'invalid config entry kind: proxy-default'],
    ['another name', { Kind: 'proxy-defaults', Name: 'x' }, 500, 'only "global" is supported'],
    ['a subset that is not there', { Kind: 'service-resolver', Name: 'a', DefaultSubset: 'toString' }, 500, 'toString'],
    ['a filter that does not parse', resolver('Service.Meta.v =='), 500, 'Subsets["v1"].Filter'],
    [
      'an action of neither kind',
      { Kind: 'service-intentions', Name: 'a', Sources: [{ Name: 'b' }] },
      500,
      'Sources[0]',
    ],
  ])('with %s is refused', async (_, body, status, sentence) => {
    const answer = await refused('PUT', '/v1/config', body)
    expect([answer.status, answer.text]).toEqual([status, expect.stringContaining(sentence)])
  })

  function resolver(Filter: string): object {
    return { Kind: 'service-resolver', Name: 'a', Subsets: { v1: { Filter } } }
  }
})

describe('a body', () => {
  it.each([
    ['that is not JSON', '{"Name": web}', 'line 1, column 10: unexpected "w", expected a value'],
    ['with something after it', '{"Name":"web"} {}', 'unexpected text after the value'],
    [
      'that is nested without end',
      `{"Name":"web","Proxy":{"Config":{"x":${'['.repeat(1e5)}${']'.repeat(1e5)}}}}`,
      'nested',
    ],
    ['that is not UTF-8', Buffer.from('{"Name":"\xff"}', 'latin1'), 'not UTF-8'],
    ['with half a character', '{"Name":"\\ud800"}', 'half of a character'],
    ['that is empty', '', 'no body'],
    ['that is a list', '[1]', 'expected an object, got a list'],
  ])('%s is refused on every route that takes one', async (_, body, sentence) => {
    for (const path of [REGISTER, '/v1/catalog/register', '/v1/agent/check/register']) {
      const answer = await refused('PUT', path, body)
      expect([path, answer.status, answer.text]).toEqual([path, 400, expect.stringContaining(sentence)])
    }
  })

  it('over the cap is refused before it is read', async () => {
    expect(await announce(1e12)).toEqual([413, expect.stringMatching(/at most \d+ are taken/)])
    const answer = await refused('PUT', REGISTER, `{"Name":"${'a'.repeat(5e6)}"}`).catch(() => undefined)
    expect(answer?.status ?? 413).toBe(413)
  })

  /** Sends only the head of a request, with a length. */
  function announce(length: number): Promise<[number | undefined, string]> {
    return new Promise((resolve, reject) => {
      const sent = request(`${agent.url}${REGISTER}`, { method: 'PUT', headers: { 'Content-Length': length } })
      sent.on('error', reject)
      sent.on('response', answer => {
        let text = ''
        answer.on('data', chunk => {
          text += String(chunk)
        })
        answer.on('end', () => {
          sent.destroy()
          resolve([answer.statusCode, text])
        })
      })
      sent.write('{')
    })
  }
})

describe('a URL', () => {
  it.each([
    ['/v1/catalog/node/%', 'not percent-encoded UTF-8'],
    ['/v1/catalog/node/%ff', 'not percent-encoded UTF-8'],
    ['/v1/catalog/node/a%01', 'cannot be printed'],
    ['/v1/catalog/nodes?index=x', 'Invalid index'],
    ['/v1/catalog/nodes?index=-1', 'Invalid index'],
    ['/v1/catalog/nodes?index=1&wait=soon', 'Invalid wait time'],
    ['/v1/agent/service/web?hash=x&wait=soon', 'Invalid wait time'],
    ['/v1/catalog/nodes?stale&consistent', 'conflicting semantics'],
    ['/v1/health/service/web?passing=perhaps', 'Invalid value for ?passing'],
    ['/v1/health/state/fine', 'allowed are any, passing, warning, critical'],
  ])('%s is refused', async (path, sentence) => {
    const answer = await refused('GET', path)
    expect([answer.status, answer.text]).toEqual([400, expect.stringContaining(sentence)])
  })

  it('with an index far ahead and a wait without end is held within the limits', async () => {
    const answer = await refused('GET', '/v1/catalog/nodes?index=18446744073709551615&wait=99999h')
    expect([answer.status, JSON.parse(answer.text)]).toEqual([200, [expect.objectContaining({ Node: 'n1' })]])
  })
})

describe('names that JavaScript knows', () => {
  it('say nothing of names that nobody registered', async () => {
    for (const name of ['__proto__', 'constructor', 'toString']) {
      const answers = await Promise.all([
        agent.call('GET', `/v1/catalog/service/${name}`),
        agent.call('GET', `/v1/catalog/node/${name}`),
        agent.call('GET', `/v1/agent/service/${name}`),
        agent.call('GET', `/v1/config/${name}`),
        agent.call('GET', `/v1/config/service-defaults/${name}`),
      ])
      expect(answers.map(({ status, text }) => [status, text])).toEqual([
        [200, '[]'],
        [200, 'null'],
        [404, `unknown service ID: ${name}`],
        [400, expect.stringContaining(`invalid config entry kind: ${name}`)],
        [404, `Config entry not found for "service-defaults" / "${name}"`],
      ])
    }
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])('"%s" is a name like any other', async name => {
    const key = JSON.stringify(name)
    const service = `{"Name":${key},"Port":80,"Meta":{${key}:"m"},"TaggedAddresses":{${key}:{"Address":"10.0.0.9","Port":1}},
      "Check":{"CheckID":${key},"Name":${key},"TTL":"10m","Header":{${key}:["v"]}},
      "Connect":{"SidecarService":{"Proxy":{"Config":{${key}:"c"},"Upstreams":[{"DestinationName":${key},"LocalBindPort":9000}]}}}}`
    const node = `{"Node":${key},"Address":"10.0.0.2","NodeMeta":{${key}:"m"},"Service":{"Service":"other","ID":${key}},
      "Check":{"CheckID":${key},"ServiceID":${key},"Status":"passing"}}`
    const http = '{"Kind":"service-defaults","Name":"http-service","Protocol":"http"}'
    const defaults = `{"Kind":"service-defaults","Name":${key},"Protocol":"http","Meta":{${key}:"m"}}`
    const route = `{"Match":{"HTTP":{"Header":[{"Name":${key},"Present":true}]}},
      "Destination":{"Service":"http-service","RequestHeaders":{"Set":{${key}:"v"}}}}`
    const router = `{"Kind":"service-router","Name":${key},"Routes":[${route}]}`
    const intentions = `{"Kind":"service-intentions","Name":${key},"Sources":[{"Name":${key},"Action":"deny"}]}`
    expect((await agent.call('PUT', REGISTER, service)).text).toBe('')
    expect((await agent.call('PUT', '/v1/catalog/register', node)).text).toBe('true')
    for (const entry of [http, defaults, router, intentions]) {
      expect((await agent.call('PUT', '/v1/config', entry)).text).toBe('true')
    }

    const read = async (path: string) => JSON.parse((await agent.call('GET', path)).text)
    const own = Object.entries(await read('/v1/agent/services')).find(([id]) => id === name)
    expect(own?.[1]).toMatchObject({ Service: name, Port: 80 })
    expect(Object.entries((await read(`/v1/agent/service/${name}`)).Meta)).toEqual([[name, 'm']])
    expect(Object.keys(await read('/v1/catalog/services')).sort()).toContain(name)
    expect(Object.keys((await read(`/v1/catalog/node/${name}`)).Services)).toEqual([name])
    expect(await read(`/v1/catalog/nodes?filter=${encodeURIComponent(`Meta["${name}"] == "m"`)}`)).toHaveLength(1)
    expect(await read(`/v1/health/connect/${name}`)).toHaveLength(1)
    expect(await read(`/v1/catalog/connect/${name}`)).toHaveLength(1)
    expect((await read(`/v1/config/service-router/${name}`)).Routes).toHaveLength(1)
    expect((await read(`/v1/discovery-chain/${name}`)).Chain.StartNode).toBe(`router:${name}.default.default`)
    expect(await read(`/v1/connect/intentions/check?source=${name}&destination=${name}`)).toEqual({ Allowed: false })
    expect((await read(`/v1/connect/intentions/match?by=source&name=${name}`))[name]).toHaveLength(1)
  })
})
