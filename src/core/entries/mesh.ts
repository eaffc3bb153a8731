// mesh: what holds for the whole mesh of a partition. There is one, named `mesh`; its JSON carries no Name.

import { bool, type Issue, string, withDefault } from '../../lib/schema.ts'
import { canWrite, OPEN } from '../acl/permission.ts'
import { defineEntry, type EntryOf, type NewEntry } from './define-entry.ts'
import { sparse } from './sparse.ts'
import { checkTls, tlsParameters } from './tls-parameters.ts'

const requestNormalization = sparse({
  InsecureDisablePathNormalization: bool(),
  MergeSlashes: bool(),
  PathWithEscapedSlashesAction: string({
    allowed: [
      '',
      'IMPLEMENTATION_SPECIFIC_DEFAULT',
      'KEEP_UNCHANGED',
      'REJECT_REQUEST',
      'UNESCAPE_AND_REDIRECT',
      'UNESCAPE_AND_FORWARD',
    ],
  }),
  HeadersWithUnderscoresAction: string({ allowed: ['', 'ALLOW', 'REJECT_REQUEST', 'DROP_HEADER'] }),
})

const fields = {
  TransparentProxy: withDefault(sparse({ MeshDestinationsOnly: withDefault(bool(), false) }), {
    MeshDestinationsOnly: false,
  }),
  AllowEnablingPermissiveMutualTLS: bool(),
  ValidateClusters: bool(),
  TLS: sparse({ Incoming: tlsParameters, Outgoing: tlsParameters }),
  HTTP: sparse({
    SanitizeXForwardedClientCert: withDefault(bool(), false),
    Incoming: sparse({ RequestNormalization: requestNormalization }),
  }),
  Peering: sparse({ PeerThroughMeshGateways: bool() }),
} as const

export type Mesh = EntryOf<'mesh', typeof fields>

export const mesh = defineEntry({
  kind: 'mesh',
  scope: 'partition',
  fixedName: 'mesh',
  nameless: true,
  fields,
  check,
  read: () => OPEN,
  write: () => canWrite('mesh'),
})

function check(entry: NewEntry<Mesh>): Issue[] {
  return [...checkTls('TLS.Incoming', entry.TLS?.Incoming), ...checkTls('TLS.Outgoing', entry.TLS?.Outgoing)]
}
