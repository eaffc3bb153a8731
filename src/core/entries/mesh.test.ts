import { expect, it } from 'vitest'
import { describeIssues } from '../../lib/schema.ts'
import { mesh } from './mesh.ts'

function problem(fields: object): string {
  const decoded = mesh.decode({ Kind: 'mesh', ...fields })
  return decoded.ok ? 'accepted' : describeIssues(decoded.issues)
}

it.each([
  [{ TLSMinVersion: 'TLSv1_1', TLSMaxVersion: 'TLSv1_2', CipherSuites: ['TLS_RSA_WITH_AES_128_CBC_SHA'] }, 'accepted'],
  [{ TLSMinVersion: 'TLSv1_3', TLSMaxVersion: 'TLSv1_2' }, 'less than the configured min version TLSv1_3 is invalid'],
  [{ TLSMinVersion: 'TLSv1_3', CipherSuites: ['TLS_RSA_WITH_AES_128_CBC_SHA'] }, 'TLS 1.2 or earlier'],
  [{ CipherSuites: ['TLS_NULL'] }, 'TLS.Incoming.CipherSuites[0]: unsupported cipher suite "TLS_NULL"'],
  [{ TLSMinVersion: '1.2' }, 'TLS.Incoming.TLSMinVersion: invalid value "1.2"'],
])('answers the TLS parameters %j with %s', (tls, message) => {
  expect(problem({ TLS: { Incoming: tls } })).toContain(message)
})

it('reads peering through mesh gateways and request normalisation', () => {
  const normalization = { merge_slashes: true, headers_with_underscores_action: 'REJECT_REQUEST' }
  const decoded = mesh.decode({
    kind: 'mesh',
    peering: { peer_through_mesh_gateways: true },
    http: { incoming: { request_normalization: normalization } },
  })
  expect(decoded).toMatchObject({
    ok: true,
    value: {
      Name: 'mesh',
      Peering: { PeerThroughMeshGateways: true },
      HTTP: {
        SanitizeXForwardedClientCert: false,
        Incoming: { RequestNormalization: { MergeSlashes: true, HeadersWithUnderscoresAction: 'REJECT_REQUEST' } },
      },
    },
  })
})
