// Which HTTP version a cluster speaks to its endpoints.

import type { Any } from '@bufbuild/protobuf/wkt'
import { HttpProtocolOptionsSchema } from '../../gen/envoy/extensions/upstreams/http/v3/http_protocol_options_pb.ts'
import { anyOf } from './any.ts'
import { create } from './create-message.ts'

/** `http2` always, or `downstream`: whichever the client used, as towards a local application. */
export type ProtocolOptions = 'http2' | 'downstream'

const KEY = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions'

const http2 = anyOf(
  HttpProtocolOptionsSchema,
  create(HttpProtocolOptionsSchema, {
    upstreamProtocolOptions: {
      case: 'explicitHttpConfig',
      value: { protocolConfig: { case: 'http2ProtocolOptions', value: {} } },
    },
  }),
)

const downstream = anyOf(
  HttpProtocolOptionsSchema,
  create(HttpProtocolOptionsSchema, {
    upstreamProtocolOptions: {
      case: 'useDownstreamProtocolConfig',
      value: { httpProtocolOptions: {}, http2ProtocolOptions: {} },
    },
  }),
)

export function protocolOptions(options: ProtocolOptions | undefined): Record<string, Any> {
  if (options === undefined) return {}
  return { [KEY]: options === 'http2' ? http2 : downstream }
}
