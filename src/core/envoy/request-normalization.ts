// How paths and header names of requests are brought into one form before anything is decided by them.

import { HttpProtocolOptions_HeadersWithUnderscoresAction as Underscores } from '../../gen/envoy/config/core/v3/protocol_pb.ts'
import { HttpConnectionManager_PathWithEscapedSlashesAction as EscapedSlashes } from '../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts'

/** The mesh entry's `HTTP.Incoming.RequestNormalization`. */
export interface RequestNormalization {
  readonly InsecureDisablePathNormalization?: boolean | undefined
  readonly MergeSlashes?: boolean | undefined
  readonly PathWithEscapedSlashesAction?: string | undefined
  readonly HeadersWithUnderscoresAction?: string | undefined
}

const SLASHES: ReadonlyMap<string, EscapedSlashes> = new Map([
  ['KEEP_UNCHANGED', EscapedSlashes.KEEP_UNCHANGED],
  ['REJECT_REQUEST', EscapedSlashes.REJECT_REQUEST],
  ['UNESCAPE_AND_REDIRECT', EscapedSlashes.UNESCAPE_AND_REDIRECT],
  ['UNESCAPE_AND_FORWARD', EscapedSlashes.UNESCAPE_AND_FORWARD],
])

const UNDERSCORES: ReadonlyMap<string, Underscores> = new Map([
  ['REJECT_REQUEST', Underscores.REJECT_REQUEST],
  ['DROP_HEADER', Underscores.DROP_HEADER],
])

/** The fields of an HTTP connection manager. Paths are normalised unless the mesh entry forbids it. */
export function requestNormalization(options: RequestNormalization) {
  const underscores = UNDERSCORES.get(options.HeadersWithUnderscoresAction ?? '')
  return {
    normalizePath: options.InsecureDisablePathNormalization === true ? undefined : true,
    mergeSlashes: options.MergeSlashes ?? false,
    pathWithEscapedSlashesAction:
      SLASHES.get(options.PathWithEscapedSlashesAction ?? '') ?? EscapedSlashes.IMPLEMENTATION_SPECIFIC_DEFAULT,
    commonHttpProtocolOptions: underscores === undefined ? undefined : { headersWithUnderscoresAction: underscores },
  }
}
