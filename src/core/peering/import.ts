// From what a peer sends to commands that carry it out, or to the reason why it is refused. Everything is measured before it is
// taken apart and checked before it is believed. Whose rows they become is not decided here but by the reducer.

import { joinHostPort, splitHostPort } from '../../lib/host-port.ts'
import { BYTES, WireReader } from '../../lib/protobuf-wire.ts'
import { readCertificate } from '../../lib/x509/read-certificate.ts'
import type { ImportCommand, ImportedInstance } from '../store/import-commands.ts'
import { importInstance } from './import-instance.ts'
import { instanceCost, listedNameCost, MAX, MAX_BYTES, serviceCost } from './import-limits.ts'
import { parseResourceId, proxiesOf } from './resource-id.ts'
import { type ResourceKind, ServerAddressesMessage, TrustBundleMessage } from './wire/peerstream.ts'
import { WireInstance } from './wire/service.ts'

/** gRPC codes of refusals, as the peer is told them. */
export const REFUSAL_CODES = { invalid: 3, exhausted: 8 } as const

export type Imported =
  | {
      readonly ok: true
      readonly command: ImportCommand
      /** Estimated bytes of memory that it takes. */
      readonly cost: number
      /** Names of services, where the resource is the list of them. */
      readonly services?: readonly string[]
    }
  | { readonly ok: false; readonly code: number; readonly message: string }

export interface ImportContext {
  /** Our id of the peering. */
  readonly id: string
  /** Names of a peer's services must not be of this trust domain. */
  readonly ownTrustDomain: string
}

/** Reads one resource. Never throws. */
export function importResource(
  context: ImportContext,
  kind: ResourceKind,
  resourceId: string,
  bytes: Uint8Array,
): Imported {
  try {
    switch (kind) {
      case 'service':
        return importService(context, resourceId, bytes)
      case 'list':
        return importList(context, bytes)
      case 'bundle':
        return importBundle(context, bytes)
      case 'addresses':
        return importAddresses(context, bytes)
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    return invalid(`the resource cannot be decoded: ${error.message}`)
  }
}

function importService(context: ImportContext, resourceId: string, bytes: Uint8Array): Imported {
  const service = nameOf(resourceId)
  if (service === undefined) return invalid(`ResourceID ${shown(resourceId)} is not the name of a service`)
  const instances: ImportedInstance[] = []
  let cost = serviceCost(resourceId)
  for (const part of parts(bytes)) {
    if (instances.length === MAX.instances) return exhausted(`more than ${MAX.instances} instances of ${resourceId}`)
    if (part.length > MAX_BYTES.instance)
      return exhausted(`an instance of ${resourceId} is larger than ${MAX_BYTES.instance} bytes`)
    const read = importInstance(WireInstance.decode(part), service.Name, context.ownTrustDomain)
    if (!read.ok) return invalid(`instance ${instances.length} of ${resourceId}: ${read.message}`)
    instances.push(read.instance)
    cost += instanceCost(part.length, read.instance.checks.length)
  }
  const command = { type: 'import-service' as const, id: context.id, service, instances }
  return { ok: true, cost: instances.length === 0 ? 0 : cost, command }
}

function importList(context: ImportContext, bytes: Uint8Array): Imported {
  const names: string[] = []
  const services: { Name: string; Namespace: string }[] = []
  let cost = 0
  for (const part of parts(bytes)) {
    if (names.length === MAX.services) return exhausted(`more than ${MAX.services} exported services`)
    const id = text(part)
    const service = nameOf(id)
    if (service === undefined) return invalid(`${shown(id)} is not the name of a service`)
    names.push(id)
    services.push(service, proxiesOf(service))
    cost += listedNameCost(id)
  }
  return { ok: true, cost, services: names, command: { type: 'import-list', id: context.id, services } }
}

/** A trust domain is a host name; a peer's is the uuid of its cluster before `.consul`. */
const TRUST_DOMAIN = /^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/

function importBundle({ id }: ImportContext, bytes: Uint8Array): Imported {
  if (bytes.length > MAX_BYTES.bundle) return exhausted(`the trust bundle is larger than ${MAX_BYTES.bundle} bytes`)
  const { TrustDomain, RootPEMs, ExportedPartition } = TrustBundleMessage.decode(bytes)
  if (!TRUST_DOMAIN.test(TrustDomain)) return invalid(`TrustDomain ${shown(TrustDomain)} is not a trust domain`)
  if (ExportedPartition.length > MAX.name || CONTROL.test(ExportedPartition))
    return invalid('ExportedPartition is not a name')
  if (RootPEMs.length === 0) return invalid('RootPEMs is empty')
  if (RootPEMs.length > MAX.roots) return exhausted(`more than ${MAX.roots} roots`)
  for (const [i, pem] of RootPEMs.entries()) {
    const certificate = readCertificate(pem.trim())
    if (!certificate.ok) return invalid(`RootPEMs[${i}]: ${certificate.issues[0]?.message ?? 'is not a certificate'}`)
  }
  const bundle = { TrustDomain, RootPEMs, ExportedPartition }
  return { ok: true, cost: 0, command: { type: 'import-bundle', id, bundle } }
}

function importAddresses({ id }: ImportContext, bytes: Uint8Array): Imported {
  if (bytes.length > MAX_BYTES.addresses) return exhausted(`the addresses are more than ${MAX_BYTES.addresses} bytes`)
  const { Addresses } = ServerAddressesMessage.decode(bytes)
  if (Addresses.length > MAX.addresses) return exhausted(`more than ${MAX.addresses} addresses`)
  const addresses: string[] = []
  for (const address of Addresses) {
    const parsed = splitHostPort(address)
    if (parsed === undefined || parsed.host.length > MAX.name) return invalid(`${shown(address)} is not host:port`)
    addresses.push(joinHostPort(parsed.host, parsed.port))
  }
  // A peer without servers could never be dialled again; it means that it does not know.
  if (addresses.length === 0) return invalid('there are no addresses')
  return { ok: true, cost: 0, command: { type: 'import-addresses', id, addresses } }
}

/** The occurrences of field 1, undecoded: what a message may hold of them is checked one by one. */
function* parts(bytes: Uint8Array): Generator<Uint8Array> {
  const reader = new WireReader(bytes)
  while (reader.next()) {
    if (reader.field === 1 && reader.wireType === BYTES) yield reader.bytes()
    else reader.skip()
  }
}

const DECODER = new TextDecoder('utf-8', { fatal: false })

function text(bytes: Uint8Array): string {
  return DECODER.decode(bytes)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f]/

function nameOf(id: string): { Name: string; Namespace: string } | undefined {
  return id.length > 3 * MAX.name || CONTROL.test(id) ? undefined : parseResourceId(id)
}

/** A foreign text in a message: quoted, and not all of it. */
function shown(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}...` : value)
}

function invalid(message: string): Imported {
  return { ok: false, code: REFUSAL_CODES.invalid, message }
}

function exhausted(message: string): Imported {
  return { ok: false, code: REFUSAL_CODES.exhausted, message }
}
