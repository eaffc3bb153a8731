// The root of all certificates is replaced while requests are under way.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Federation, startFederation } from '../support/mesh.ts'
import type { Service } from '../support/service.ts'
import { shownCertificate } from '../support/shown-certificate.ts'
import { until } from '../support/until.ts'

let federation: Federation
let api: Service
let web: Service

beforeAll(async () => {
  federation = await startFederation()
  const { onprem, cloud } = federation
  await onprem.redirect('api', 'cloud')
  await onprem.setMode('local')
  await onprem.startGateway()
  await cloud.startGateway()
  api = await cloud.startService('api')
  web = await onprem.startService('web', { upstreams: { api: {} } })
  await web.reaches('api', { datacenter: 'cloud' })
})

afterAll(() => federation?.mesh.stop())

/** Serial numbers of the certificates in use by a sidecar, those of listeners that are being drained included. */
async function leavesOf(service: Service): Promise<readonly string[]> {
  const answer = await service.sidecar.admin.certificates()
  const text = JSON.stringify(answer, (key, value) => (key === 'ca_cert' ? [] : value))
  return [...text.matchAll(/"serial_number":"([^"]+)"/g)].map(match => match[1] ?? '')
}

async function rootsOf(datacenter: Federation['onprem']) {
  const answer = await datacenter.agent.call('GET', '/v1/connect/ca/roots')
  return answer as { readonly ActiveRootID: string; readonly Roots: readonly { readonly ID: string }[] }
}

test('a new root, and no request fails', async () => {
  const { onprem, cloud } = federation
  const before = await rootsOf(onprem)
  const [shown, used] = [await shownCertificate(api.sidecarAt), await leavesOf(web)]
  const trustDomain = await onprem.trustDomain()
  expect(shown.names).toBe(`URI:spiffe://${trustDomain}/ns/default/dc/cloud/svc/api`)
  expect(used).not.toEqual([])

  const traffic = web.keepAsking('api')
  await traffic.flows()
  const configuration = { Provider: 'consul', Config: { PrivateKeyType: 'ec', PrivateKeyBits: 384 } }
  await onprem.agent.call('PUT', '/v1/connect/ca/configuration', configuration)

  for (const datacenter of [onprem, cloud]) {
    await until(`${datacenter.name} trusts the new root, and still the old one`, async () => {
      const { ActiveRootID, Roots } = await rootsOf(datacenter)
      expect(ActiveRootID).not.toBe(before.ActiveRootID)
      expect(Roots.map(root => root.ID)).toContain(before.ActiveRootID)
    })
  }
  await until('the sidecar of api shows a new certificate, of the same name and another signer', async () => {
    const now = await shownCertificate(api.sidecarAt)
    expect(now.names).toBe(shown.names)
    expect(now.serialNumber).not.toBe(shown.serialNumber)
    expect(now.signer).not.toBe(shown.signer)
  })
  await until('the sidecar of web has a new certificate', async () => {
    expect((await leavesOf(web)).filter(serial => !used.includes(serial))).not.toEqual([])
  })
  await traffic.flows(100)
  await traffic.stop()
  expect(traffic.failures).toEqual([])
})

test('a service that comes later gets on with those that were there', async () => {
  const shop = await federation.onprem.startService('shop', { upstreams: { api: {} } })
  await shop.reaches('api', { datacenter: 'cloud' })
})

test('a configuration that makes no sense is refused, and the root stays', async () => {
  const before = await rootsOf(federation.onprem)
  const configuration = { Provider: 'consul', Config: { PrivateKeyType: 'ec', PrivateKeyBits: 42 } }
  const changing = federation.onprem.agent.call('PUT', '/v1/connect/ca/configuration', configuration)
  await expect(changing).rejects.toThrow(/42/)
  expect((await rootsOf(federation.onprem)).ActiveRootID).toBe(before.ActiveRootID)
})
