import { expect, it } from 'vitest'
import { type ChainOverrides, customizationHash } from './customization.ts'

it.each<[ChainOverrides, string]>([
  [{ protocol: 'grpc' }, 'ef15b5b5'],
  [{ protocol: 'http' }, '1a47f6e1'],
  [{ protocol: 'http2' }, '49c19fe6'],
  [{ protocol: 'tcp' }, '96f2c150'],
  [{ meshGatewayMode: 'local' }, 'c225dc1c'],
  [{ meshGatewayMode: 'remote' }, 'dd412229'],
  [{ meshGatewayMode: 'none' }, 'fc9afadf'],
  [{ connectTimeoutMs: 66_000 }, '55dbbc81'],
  [{ connectTimeoutMs: 66 }, 'c775fc56'],
  [{ meshGatewayMode: 'local', protocol: 'grpc', connectTimeoutMs: 66_000 }, '78ebd528'],
  [{}, ''],
])('hashes %j to %j, as Consul does', (effective, hash) => {
  expect(customizationHash(effective)).toBe(hash)
})
