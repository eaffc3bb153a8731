// proxy-defaults: what every proxy of a partition starts from. There is one, named `global`.

import { list, opaque, string, withDefault } from '../../lib/schema.ts'
import { canWrite, OPEN } from '../acl/permission.ts'
import { meshGatewayConfig } from '../model/mesh-gateway-mode.ts'
import { accessLogs, envoyExtension, exposeConfig, PROXY_MODES, transparentProxyConfig } from '../model/proxy-config.ts'
import { defineEntry } from './define-entry.ts'

export const proxyDefaults = defineEntry({
  kind: 'proxy-defaults',
  fixedName: 'global',
  fields: {
    Config: opaque(),
    Mode: string({ allowed: PROXY_MODES }),
    TransparentProxy: withDefault(transparentProxyConfig, {}),
    MutualTLSMode: string({ allowed: ['', 'strict', 'permissive'] }),
    MeshGateway: withDefault(meshGatewayConfig, {}),
    Expose: withDefault(exposeConfig, {}),
    AccessLogs: accessLogs,
    EnvoyExtensions: list(envoyExtension),
  },
  check: () => [],
  read: () => OPEN,
  write: () => canWrite('mesh'),
})
