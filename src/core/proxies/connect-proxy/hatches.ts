// The pieces of a sidecar that users may write themselves as Envoy's own JSON, and what is wrong with those they wrote.
// One that cannot be read counts as not written.

import type { DescMessage, MessageShape } from '@bufbuild/protobuf'
import { ClusterSchema } from '../../../gen/envoy/config/cluster/v3/cluster_pb.ts'
import { ListenerSchema } from '../../../gen/envoy/config/listener/v3/listener_pb.ts'
import { HttpConnectionManager_TracingSchema as TracingSchema } from '../../../gen/envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager_pb.ts'
import type { Issue } from '../../../lib/schema.ts'
import { readHatch } from '../../envoy/escape-hatch.ts'
import type { SidecarOptions } from './options.ts'
import type { UpstreamConfig } from './upstream-config.ts'

export const HATCHES = { cluster: ClusterSchema, listener: ListenerSchema, tracing: TracingSchema } as const

/** The message a user wrote; undefined when there is none that can be read. */
export function fromHatch<D extends DescMessage>(schema: D, text: string | undefined): MessageShape<D> | undefined {
  const hatch = text === undefined ? undefined : readHatch(schema, text)
  return hatch?.ok ? hatch.message : undefined
}

export function sidecarHatchIssues(options: SidecarOptions): readonly Issue[] {
  return [
    ...issuesOf('Proxy.Config.envoy_public_listener_json', HATCHES.listener, options.publicListenerJson),
    ...issuesOf('Proxy.Config.envoy_local_cluster_json', HATCHES.cluster, options.localClusterJson),
    ...issuesOf('Proxy.Config.envoy_listener_tracing_json', HATCHES.tracing, options.listenerTracingJson),
  ]
}

export function upstreamHatchIssues({ definition, options }: UpstreamConfig): readonly Issue[] {
  const path = `Upstreams[${definition.DestinationName}].Config`
  return [
    ...issuesOf(`${path}.envoy_listener_json`, HATCHES.listener, options.listenerJson),
    ...issuesOf(`${path}.envoy_cluster_json`, HATCHES.cluster, options.clusterJson),
  ]
}

/** Hatches of an upstream count only while no entry says how to reach the service. */
export function ignoredHatches({ definition, options }: UpstreamConfig): readonly Issue[] {
  const path = `Upstreams[${definition.DestinationName}].Config`
  const message = 'is ignored: the service has a router, splitter or resolver'
  return [
    ...(options.listenerJson === undefined ? [] : [{ path: `${path}.envoy_listener_json`, message }]),
    ...(options.clusterJson === undefined ? [] : [{ path: `${path}.envoy_cluster_json`, message }]),
  ]
}

function issuesOf(path: string, schema: DescMessage, text: string | undefined): readonly Issue[] {
  if (text === undefined) return []
  const hatch = readHatch(schema, text)
  return hatch.ok ? [] : [{ path, message: hatch.problem }]
}
