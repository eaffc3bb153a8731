// The frame around one encoded resource in a DeltaDiscoveryResponse.

import { bytesSize, stringField, stringSize, WireReader, WireWriter } from '../../lib/protobuf-wire.ts'
import { perType, type ResourceType, typeUrls } from './resource.ts'

const RESOURCES = 2
const VERSION = 1
const ANY = 2
const NAME = 3
const ANY_VALUE = 2

const anyTypeUrls = perType(type => stringField(1, typeUrls[type]))

/** Wraps an encoded message as `resources: {version, resource: Any, name}`, tag and length included. */
export function resourceChunk(type: ResourceType, name: string, version: string, message: Uint8Array): Uint8Array {
  const typeUrl = anyTypeUrls[type]
  const anySize = typeUrl.length + bytesSize(ANY_VALUE, message.length)
  const size = stringSize(VERSION, version) + bytesSize(ANY, anySize) + stringSize(NAME, name)
  const writer = new WireWriter(bytesSize(RESOURCES, size), false).open(RESOURCES, size).string(VERSION, version)
  return writer.open(ANY, anySize).raw(typeUrl).bytes(ANY_VALUE, message).string(NAME, name).finish()
}

/** The encoded message inside a chunk. */
export function messageInChunk(chunk: Uint8Array): Uint8Array {
  return contentOfField(contentOfField(contentOfField(chunk, RESOURCES), ANY), ANY_VALUE)
}

function contentOfField(bytes: Uint8Array, field: number): Uint8Array {
  const reader = new WireReader(bytes)
  while (reader.next()) {
    if (reader.field === field) return reader.bytes()
    reader.skip()
  }
  return new Uint8Array()
}
