// A DeltaDiscoveryResponse put together from resources that are encoded already: only the frame around them is written per stream.

import { stringField, stringSize, WireWriter } from '../../lib/protobuf-wire.ts'
import { perType, typeUrls } from '../envoy/resource.ts'
import type { Outgoing } from './output.ts'

const NONCE = 5
const REMOVED_RESOURCES = 6

const typeUrlFields = perType(type => stringField(4, typeUrls[type]))

/** Encodes one response. */
export function encodeDeltaResponse(response: Outgoing): Buffer {
  const typeUrl = typeUrlFields[response.type]
  let size = typeUrl.length + stringSize(NONCE, response.nonce)
  // Some chunks are made when asked for.
  const chunks = response.upserts.map(resource => resource.chunk)
  for (const chunk of chunks) size += chunk.length
  for (const name of response.removals) size += stringSize(REMOVED_RESOURCES, name)

  const writer = new WireWriter(size).raw(typeUrl).string(NONCE, response.nonce)
  for (const chunk of chunks) writer.raw(chunk)
  for (const name of response.removals) writer.string(REMOVED_RESOURCES, name)
  return writer.finish()
}
