// Where the mode of an upstream may be written, and which place wins: upstream, instance, service-defaults, proxy-defaults.

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Gateway } from '../support/datacenter.ts'
import { type Federation, startFederation } from '../support/mesh.ts'
import type { Service } from '../support/service.ts'

let federation: Federation
let near: Gateway
let far: Gateway
let api: Service
let web: Service

beforeAll(async () => {
  federation = await startFederation()
  const { onprem, cloud } = federation
  await onprem.redirect('api', 'cloud')
  near = await onprem.startGateway()
  far = await cloud.startGateway()
  api = await cloud.startService('api')
  web = await onprem.startService('web', { upstreams: { api: {} } })
})

afterAll(() => federation?.mesh.stop())

test('without any mode requests go to the instance', async () => {
  await web.dials('api', api.sidecarAt)
  await web.reaches('api', { datacenter: 'cloud' })
})

test('proxy-defaults speak for all', async () => {
  await federation.onprem.setMode('local')
  await web.dials('api', near.lan)
  await web.reaches('api', { datacenter: 'cloud' })
})

test('service-defaults of the caller win over proxy-defaults', async () => {
  await federation.onprem.write({ Kind: 'service-defaults', Name: 'web', MeshGateway: { Mode: 'remote' } })
  await web.dials('api', far.wan)
  await web.reaches('api', { datacenter: 'cloud' })
})

test('the instance wins over service-defaults', async () => {
  await web.register({ proxy: { MeshGateway: { Mode: 'local' } } })
  await web.dials('api', near.lan)
  await web.reaches('api', { datacenter: 'cloud' })
})

test('the upstream wins over the instance', async () => {
  const upstreams = { api: { MeshGateway: { Mode: 'none' } } }
  await web.register({ proxy: { MeshGateway: { Mode: 'local' } }, upstreams })
  await web.dials('api', api.sidecarAt)
  await web.reaches('api', { datacenter: 'cloud' })
})

test('what is taken away leaves the word to the next', async () => {
  await web.register()
  await web.dials('api', far.wan)
  await federation.onprem.delete('service-defaults', 'web')
  await web.dials('api', near.lan)
  await federation.onprem.delete('proxy-defaults', 'global')
  await web.dials('api', api.sidecarAt)
  await web.reaches('api', { datacenter: 'cloud' })
})

test('a registration with a mode that does not exist is refused, and the old one stays', async () => {
  const registering = web.register({ proxy: { MeshGateway: { Mode: 'both' } } })
  await expect(registering).rejects.toThrow(/both/)
  await web.dials('api', api.sidecarAt)
})
