// /v1/connect/ca and /v1/agent/connect: roots, configuration, certificates, and whether a call is authorised.

import { object, string, withDefault } from '../../lib/schema.ts'
import { rfc3339 } from '../../lib/x509/time.ts'
import { canWrite, OPEN } from '../acl/permission.ts'
import { type CaRootsRow, shownRoot } from '../model/ca.ts'
import { Fault } from '../model/fault.ts'
import { parseSpiffe } from '../model/spiffe.ts'
import { caConfiguration, caRoots, serviceLeaf } from '../queries/connect.ts'
import { type CallArg, callDecision } from '../queries/intentions.ts'
import { effect, type ReadAnswer, type Route, type RouteRequest, read } from './define-route.ts'
import { tenancyKeys } from './encode-node.ts'
import { bodyTenancy, decodeBody } from './request-body.ts'
import { parseFlag, pathParam } from './request-params.ts'

export const connectRoutes: readonly Route[] = [
  read({
    path: '/v1/connect/ca/roots',
    arg: request => ({ isPem: pemParam(request) }),
    permissions: () => [OPEN],
    query: caRoots,
    answer: (row, _presentation, { isPem }) => answerRoots(row, isPem),
  }),
  read({
    path: '/v1/agent/connect/ca/roots',
    arg: () => ({}),
    permissions: () => [OPEN],
    query: caRoots,
    answer: row => answerRoots(row, false),
    cached: true,
  }),
  read({
    path: '/v1/connect/ca/configuration',
    arg: () => ({}),
    permissions: () => [canWrite('operator')],
    query: caConfiguration,
    answer: row => (row === undefined ? notStarted() : { json: row }),
    index: 'none',
  }),
  effect({
    method: 'PUT',
    path: '/v1/connect/ca/configuration',
    effect: 'ca-set-configuration',
    permissions: () => [canWrite('operator')],
  }),
  read({
    path: '/v1/agent/connect/ca/leaf/:service',
    arg: request => ({ ...request.tenancy, service: pathParam(request, 'service', 'service name') }),
    permissions: arg => [canWrite('service', arg.service)],
    query: serviceLeaf,
    answer: (leaf, { showsTenancy, index }, arg) => ({
      json: {
        SerialNumber: leaf.serialNumber,
        CertPEM: leaf.certPem,
        PrivateKeyPEM: leaf.privateKeyPem,
        Service: arg.service,
        ServiceURI: leaf.spiffeUri,
        ValidAfter: rfc3339(leaf.validAfter),
        ValidBefore: rfc3339(leaf.validBefore),
        ...tenancyKeys(arg, showsTenancy),
        CreateIndex: index,
        ModifyIndex: index,
      },
    }),
    index: 'observed',
    cached: true,
  }),
  read({
    method: 'POST',
    path: '/v1/agent/connect/authorize',
    arg: authorizeArg,
    permissions: ({ destination }) => [canWrite('service', destination.Name)],
    query: callDecision,
    answer: ({ allowed, reason }) => ({ json: { Authorized: allowed, Reason: reason } }),
    index: 'none',
    cached: true,
  }),
]

function answerRoots(row: CaRootsRow | undefined, isPem: boolean): ReadAnswer | Fault {
  if (row === undefined) return notStarted()
  const { ActiveRootID, TrustDomain, CreateIndex, ModifyIndex } = row
  if (isPem) {
    const pems = row.Roots.flatMap(root => [root.RootCert, ...(root.IntermediateCerts ?? [])])
    return { text: pems.map(withNewline).join(''), contentType: 'application/pem-certificate-chain' }
  }
  const roots = row.Roots.map(root => ({ ...shownRoot(root), CreateIndex, ModifyIndex }))
  return { json: { ActiveRootID, TrustDomain, Roots: roots } }
}

function withNewline(pem: string): string {
  return pem.endsWith('\n') ? pem : `${pem}\n`
}

function notStarted(): Fault {
  return new Fault('unavailable', 'the certificate authority has not started yet')
}

function pemParam(request: RouteRequest): boolean {
  const text = request.query.get('pem')
  if (text === null) return false
  const isPem = text === '' || parseFlag(text)
  if (isPem === undefined) throw new Fault('invalid', "The 'pem' query parameter must be a boolean value")
  return isPem
}

const authorizeBody = object({
  Target: withDefault(string(), ''),
  ClientCertURI: withDefault(string(), ''),
  ClientCertSerial: string(),
  Namespace: string(),
  Partition: string(),
})

/** Only who the caller is counts: its trust domain and datacenter are not looked at. */
function authorizeArg(request: RouteRequest): CallArg {
  const body = decodeBody(authorizeBody, request)
  if (body.Target === '') throw new Fault('invalid', 'Target service must be specified')
  const identity = parseSpiffe(body.ClientCertURI)
  if (identity === undefined) throw new Fault('invalid', 'ClientCertURI not a valid Connect identifier')
  if (identity.kind !== 'service') throw new Fault('invalid', 'ClientCertURI not a valid Service identifier')
  return {
    source: { Name: identity.service, Namespace: identity.namespace, Partition: identity.partition, Peer: '' },
    destination: { Name: body.Target, ...bodyTenancy(body, request) },
  }
}
