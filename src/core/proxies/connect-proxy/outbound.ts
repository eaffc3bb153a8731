// What all upstreams of a sidecar have in common.

import type { HttpConnectionManager_Tracing as HcmTracing } from '../../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts'
import type { TlsParameters } from '../../../gen/envoy/extensions/transport_sockets/tls/v3/common_pb.ts'
import type { TlsIdentity } from '../../envoy/tls.ts'
import type { AccessLogs } from '../../model/proxy-config.ts'

export interface Outbound {
  readonly identity: TlsIdentity
  readonly params: TlsParameters
  readonly trustDomain: string
  readonly fetchTimeoutMs: number | undefined
  readonly maxRequestHeadersKb: number | undefined
  readonly tracing: HcmTracing | undefined
  readonly accessLogs: AccessLogs | undefined
}
