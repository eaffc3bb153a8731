// Visits a message and all messages in it, packed ones included. For checks and reports; not for the hot path.

import { type DescField, type DescMessage, isMessage, type Message, type MessageShape } from '@bufbuild/protobuf'
import { type ReflectMessage, reflect } from '@bufbuild/protobuf/reflect'
import { AnySchema } from '@bufbuild/protobuf/wkt'
import { unpacked } from './unpacked.ts'

/** Told of each message and the path that leads to it, spelled like `filterChains[0].filters[1].typedConfig`. */
export type Visitor = (message: Message, path: string) => void

/** Calls `visit` for the message and for every message inside, outer ones first. */
export function walkMessages<S extends DescMessage>(schema: S, message: MessageShape<S>, visit: Visitor): void {
  walk(reflect(schema, message), '', visit)
}

function walk(subject: ReflectMessage, path: string, visit: Visitor): void {
  const { message } = subject
  visit(message, path)
  if (isMessage(message, AnySchema)) {
    const content = unpacked(message)
    if (content !== undefined) walk(reflect(content.schema, content.message), path, visit)
    return
  }
  for (const field of subject.fields) {
    if (field.message === undefined || !subject.isSet(field)) continue
    for (const [key, child] of messagesIn(subject, field))
      walk(child, `${path}${path && '.'}${field.jsonName}${key}`, visit)
  }
}

function messagesIn(subject: ReflectMessage, field: DescField): (readonly [string, ReflectMessage])[] {
  if (field.fieldKind === 'message') return [['', subject.get(field)]]
  if (field.fieldKind === 'list' && field.listKind === 'message') {
    return Array.from(subject.get(field), (item, index) => [`[${index}]`, item as ReflectMessage] as const)
  }
  if (field.fieldKind === 'map' && field.mapKind === 'message') {
    return Array.from(subject.get(field), ([key, item]) => [`[${key}]`, item as ReflectMessage] as const)
  }
  return []
}
