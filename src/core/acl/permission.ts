// The vocabulary of authorisation: every command and every query names what it needs, and one place decides.

export type Resource = 'acl' | 'agent' | 'intention' | 'keyring' | 'mesh' | 'node' | 'operator' | 'peering' | 'service'

/** What a request needs. `name` is '' for resources without names. `open` needs nothing. */
export type Permission =
  | { readonly resource: Resource; readonly access: 'read' | 'write'; readonly name: string }
  | { readonly resource: 'open' }

export const OPEN: Permission = { resource: 'open' }

/** Reading one named thing. */
export function canRead(resource: Resource, name = ''): Permission {
  return { resource, access: 'read', name }
}

/** Writing one named thing. */
export function canWrite(resource: Resource, name = ''): Permission {
  return { resource, access: 'write', name }
}
