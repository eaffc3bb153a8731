// Changes to headers on their way, in Envoy's fields.

import {
  HeaderValueOption_HeaderAppendAction as AppendAction,
  type HeaderValueOption,
  HeaderValueOptionSchema,
} from '../../gen/envoy/config/core/v3/base_pb.ts'
import type { HeaderModifiers } from '../entries/http-headers.ts'
import { create } from './create-message.ts'

/** The fields that routes, virtual hosts and weighted clusters share. Added headers come before those that are set. */
export function headerChanges(request: HeaderModifiers | undefined, response: HeaderModifiers | undefined) {
  return {
    requestHeadersToAdd: additions(request),
    requestHeadersToRemove: [...(request?.Remove ?? [])],
    responseHeadersToAdd: additions(response),
    responseHeadersToRemove: [...(response?.Remove ?? [])],
  }
}

function additions(modifiers: HeaderModifiers | undefined): HeaderValueOption[] {
  return [
    ...sorted(modifiers?.Add).map(([key, value]) => create(HeaderValueOptionSchema, { header: { key, value } })),
    ...sorted(modifiers?.Set).map(([key, value]) => {
      return create(HeaderValueOptionSchema, {
        header: { key, value },
        appendAction: AppendAction.OVERWRITE_IF_EXISTS_OR_ADD,
      })
    }),
  ]
}

function sorted(headers: Readonly<Record<string, string>> | undefined): readonly [string, string][] {
  return Object.entries(headers ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
}
