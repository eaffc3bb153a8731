// Who is at the other end of a stream, from the `node` Envoy introduces itself with.

import { fromBinary, type JsonObject } from '@bufbuild/protobuf'
import { type Node, NodeSchema } from '../../gen/envoy/config/core/v3/base_pb.ts'
import { DEFAULT_NAMESPACE, DEFAULT_PARTITION } from '../model/tenancy.ts'

/** A proxy as it names itself. */
export interface ProxyNode {
  /** Id of the proxy's service instance. */
  readonly id: string
  /** The catalog node it is registered at; undefined for the agent's own. */
  readonly nodeName?: string
  readonly partition: string
  readonly namespace: string
  /** Like `1.36.2`; undefined when it does not say, or is not Envoy. */
  readonly envoyVersion?: string
}

/** Reads an encoded `envoy.config.core.v3.Node`; a string says what is wrong with it. */
export function readProxyNode(bytes: Uint8Array): ProxyNode | string {
  const node = decode(bytes)
  if (node === undefined) return 'node is not a valid envoy.config.core.v3.Node'
  if (node.id === '') return 'node.id is empty; it must be the id of the proxy service'
  const metadata = node.metadata ?? {}
  const nodeName = text(metadata, 'node_name')
  const envoyVersion = versionOf(node)
  return {
    id: node.id,
    partition: text(metadata, 'partition') ?? DEFAULT_PARTITION,
    namespace: text(metadata, 'namespace') ?? DEFAULT_NAMESPACE,
    ...(nodeName === undefined ? {} : { nodeName }),
    ...(envoyVersion === undefined ? {} : { envoyVersion }),
  }
}

function decode(bytes: Uint8Array): Node | undefined {
  try {
    return fromBinary(NodeSchema, bytes)
  } catch {
    return undefined
  }
}

function text(metadata: JsonObject, key: string): string | undefined {
  const value = Object.hasOwn(metadata, key) ? metadata[key] : undefined
  return typeof value === 'string' && value !== '' ? value : undefined
}

function versionOf({ userAgentName, userAgentVersionType: version }: Node): string | undefined {
  if (userAgentName !== 'envoy') return undefined
  if (version.case === 'userAgentVersion') return version.value
  const number = version.case === 'userAgentBuildVersion' ? version.value.version : undefined
  return number && `${number.majorNumber}.${number.minorNumber}.${number.patch}`
}
