// A DeltaDiscoveryRequest as the session needs it, decoded by hand: acknowledgements arrive by the thousand after one change.

import { WireReader } from '../../lib/protobuf-wire.ts'

export interface DeltaRequest {
  /** Empty when the client left it out. */
  readonly typeUrl: string
  readonly subscribe: readonly string[]
  readonly unsubscribe: readonly string[]
  /** What the client still holds from an earlier stream: version by name. */
  readonly initialVersions: ReadonlyMap<string, string>
  /** The response this answers; empty for a request of the client's own accord. */
  readonly nonce: string
  /** Present when the client refuses that response. */
  readonly error?: RefusalStatus | undefined
  /** Encoded `Node`; Envoy sends it in the first request of a stream only. */
  readonly node?: Uint8Array | undefined
}

/** The google.rpc.Status of a refusal. */
export interface RefusalStatus {
  readonly code: number
  readonly message: string
}

const none: readonly string[] = []
const noVersions: ReadonlyMap<string, string> = new Map()

/** Decodes a request; undefined when the bytes are not one. */
export function decodeDeltaRequest(bytes: Uint8Array): DeltaRequest | undefined {
  try {
    return read(new WireReader(bytes))
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function read(reader: WireReader): DeltaRequest {
  let typeUrl = ''
  let nonce = ''
  let subscribe: string[] | undefined
  let unsubscribe: string[] | undefined
  let versions: Map<string, string> | undefined
  let error: RefusalStatus | undefined
  let node: Uint8Array | undefined
  while (reader.next()) {
    if (reader.field === 1) node = reader.bytes()
    else if (reader.field === 2) typeUrl = reader.string()
    else if (reader.field === 3) (subscribe ??= []).push(reader.string())
    else if (reader.field === 4) (unsubscribe ??= []).push(reader.string())
    else if (reader.field === 5) readVersion(reader.bytes(), (versions ??= new Map()))
    else if (reader.field === 6) nonce = reader.string()
    else if (reader.field === 7) error = readStatus(reader.bytes())
    else reader.skip()
  }
  return {
    typeUrl,
    nonce,
    subscribe: subscribe ?? none,
    unsubscribe: unsubscribe ?? none,
    initialVersions: versions ?? noVersions,
    error,
    node,
  }
}

function readVersion(bytes: Uint8Array, versions: Map<string, string>): void {
  const reader = new WireReader(bytes)
  let name = ''
  let version = ''
  while (reader.next()) {
    if (reader.field === 1) name = reader.string()
    else if (reader.field === 2) version = reader.string()
    else reader.skip()
  }
  versions.set(name, version)
}

function readStatus(bytes: Uint8Array): RefusalStatus {
  const reader = new WireReader(bytes)
  let code = 0
  let message = ''
  while (reader.next()) {
    if (reader.field === 1) code = reader.varint()
    else if (reader.field === 2) message = reader.string()
    else reader.skip()
  }
  return { code, message }
}
