// One request from onprem to cloud in every mode and every protocol, through real Envoys, and the way it takes.

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Gateway } from '../support/datacenter.ts'
import { type Federation, startFederation } from '../support/mesh.ts'
import { PROTOCOLS } from '../support/protocols.ts'
import type { Service } from '../support/service.ts'

let federation: Federation
let gateways: { readonly onprem: Gateway; readonly cloud: Gateway }
const apis = new Map<string, Service>()
const webs = new Map<string, Service>()

beforeAll(async () => {
  federation = await startFederation()
  const { onprem, cloud } = federation
  for (const protocol of PROTOCOLS) {
    await onprem.setProtocol(`api-${protocol}`, protocol)
    await onprem.redirect(`api-${protocol}`, 'cloud')
  }
  gateways = { onprem: await onprem.startGateway(), cloud: await cloud.startGateway() }
  for (const protocol of PROTOCOLS) {
    apis.set(protocol, await cloud.startService(`api-${protocol}`, { protocol }))
    const upstreams = { [`api-${protocol}`]: {} }
    webs.set(protocol, await onprem.startService(`web-${protocol}`, { protocol, upstreams }))
  }
})

afterAll(() => federation?.mesh.stop())

describe.each(PROTOCOLS)('over %s', protocol => {
  const name = `api-${protocol}`
  const expected = { service: name, datacenter: 'cloud' }

  test('mode none goes to the instance', async () => {
    const [web, api] = [webs.get(protocol)!, apis.get(protocol)!]
    await federation.onprem.setMode('none')
    await web.dials(name, api.sidecarAt)
    const path = await federation.mesh.pathOf(async () => expect(await web.ask(name)).toMatchObject(expected))
    expect(path).toEqual([`web-${protocol} -> ${name}`])
  })

  test('mode remote goes through the gateway of the other datacenter', async () => {
    const web = webs.get(protocol)!
    await federation.onprem.setMode('remote')
    await web.dials(name, gateways.cloud.wan)
    const path = await federation.mesh.pathOf(async () => expect(await web.ask(name)).toMatchObject(expected))
    expect(path).toEqual([`cloud gateway -> ${name}`, `web-${protocol} -> cloud gateway (wan)`])
  })

  test('mode local goes through both gateways', async () => {
    const web = webs.get(protocol)!
    await federation.onprem.setMode('local')
    await web.dials(name, gateways.onprem.lan)
    const path = await federation.mesh.pathOf(async () => expect(await web.ask(name)).toMatchObject(expected))
    expect(path).toEqual([
      'onprem gateway -> cloud gateway (wan)',
      `cloud gateway -> ${name}`,
      `web-${protocol} -> onprem gateway (lan)`,
    ])
  })
})

test('the service is told who asks, by the identity that was verified', async () => {
  const { headers } = await webs.get('http')!.ask('api-http')
  const trustDomain = await federation.cloud.trustDomain()
  expect(headers['x-forwarded-client-cert']).toContain(`URI=spiffe://${trustDomain}/ns/default/dc/onprem/svc/web-http`)
})

test('a mode that does not exist is refused, and changes nothing', async () => {
  await federation.onprem.setMode('remote')
  await expect(federation.onprem.setMode('remotely')).rejects.toThrow(/remotely/)
  const entry = await federation.onprem.agent.call('GET', '/v1/config/proxy-defaults/global')
  expect(entry).toMatchObject({ MeshGateway: { Mode: 'remote' } })
})
