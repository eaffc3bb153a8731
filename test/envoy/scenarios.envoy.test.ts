// Every scenario as a real Envoy sees it: the whole configuration, put into a static bootstrap, passes Envoy's own validation.
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { toJson } from '@bufbuild/protobuf'
import { afterAll, expect, test } from 'vitest'
import { messageOf, schemaOf } from '../../src/core/envoy/make-resource.ts'
import { envoyTypes } from '../../src/core/envoy/registry.ts'
import type { Resource, ResourceSet } from '../../src/core/envoy/resource.ts'
import { leafProfile } from '../../src/core/pki/profiles.ts'
import { ProxyBuild } from '../../src/core/proxies/follow.ts'
import { certificatePem } from '../../src/lib/x509/read-certificate.ts'
import { locateEnvoy } from '../../src/rim/envoy/locate-envoy.ts'
import { DAY_MS, sign, testKey, testRoot } from '../support/authority.ts'
import {
  type Certificates,
  followProxy,
  proxyKey,
  readScenario,
  readyProxy,
  scenarioStore,
} from '../support/scenario.ts'

const scenarios = new URL('../scenarios/', import.meta.url).pathname
const folder = mkdtempSync(join(tmpdir(), 'isthmus-scenarios-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const files = readdirSync(scenarios, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.yaml') && !file.endsWith('.golden.yaml') && !file.includes('/_'))
  .sort()

test.concurrent.for(files)('Envoy accepts the configuration of %s', async file => {
  const scenario = readScenario(scenarios + file)
  const certificates = realCertificates()
  const store = scenarioStore(scenario, certificates)
  const ready = readyProxy(followProxy(store, proxyKey(scenario), { certificates }))
  const path = join(folder, `${file.replaceAll('/', '-')}.json`)
  writeFileSync(path, JSON.stringify(bootstrap(new ProxyBuild().build(ready))))
  expect(await validate(path)).toBe('')
})

/** What Envoy has against a bootstrap file; '' for nothing. */
async function validate(path: string): Promise<string> {
  const binary = await locateEnvoy()
  if (binary === undefined) throw new Error('no Envoy: run `npm run setup`')
  const args = ['--mode', 'validate', '-c', path, '--use-dynamic-base-id', '-l', 'error']
  return promisify(execFile)(binary.path, args).then(
    () => '',
    (error: { stderr: string; stdout: string }) => `${error.stdout}${error.stderr}`,
  )
}

/** The resources as static ones; what they leave to the stream stays there, towards a server that is not asked. */
function bootstrap(set: ResourceSet): object {
  const server = {
    name: 'local_agent',
    type: 'STATIC',
    connectTimeout: '1s',
    typedExtensionProtocolOptions: {
      'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': {
        '@type': 'type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions',
        explicitHttpConfig: { http2ProtocolOptions: {} },
      },
    },
    loadAssignment: { clusterName: 'local_agent', endpoints: [] },
  }
  const services = [{ envoyGrpc: { clusterName: 'local_agent' } }]
  return {
    node: { id: 'scenario', cluster: 'scenario' },
    // Rules about peers are longer expressions than Envoy takes unless told, as every bootstrap of ours tells it.
    layeredRuntime: { layers: [{ name: 'base', staticLayer: { 're2.max_program_size.error_level': 1048576 } }] },
    dynamicResources: { adsConfig: { apiType: 'DELTA_GRPC', transportApiVersion: 'V3', grpcServices: services } },
    staticResources: { clusters: [server, ...set.cluster.map(json)], listeners: set.listener.map(json) },
  }
}

function json(resource: Resource): unknown {
  return toJson(schemaOf(resource.type), messageOf(resource), { registry: envoyTypes() })
}

function realCertificates(): Certificates {
  const now = Date.now()
  const root = testRoot(now)
  return {
    rootPem: root.row.RootCert,
    peerRoot: () => testRoot(now).row.RootCert,
    leaf(spiffeUri) {
      const { key, keyPem } = testKey()
      const subject = { spiffeUri, dnsSans: [], ipSans: [], spki: key.publicKey.spki }
      const template = leafProfile(subject, root.certificate, { serial: Uint8Array.of(9), now, ttlMs: DAY_MS })
      return { certPem: certificatePem(sign(template, root.key).der), privateKeyPem: keyPem }
    },
  }
}
