// The entries of `peering` for the registry of commands.

import type { RegistryEntry } from '../../run-cli.ts'

export const peeringEntries: readonly RegistryEntry[] = [
  {
    name: 'peering',
    synopsis: 'Links clusters that share no trust',
    help: 'Links this cluster to others with which it shares nothing but a token, and shows how the links are doing.',
  },
  {
    name: 'peering generate-token',
    synopsis: 'Makes a token for another cluster',
    load: async () => (await import('./generate-token.ts')).peeringGenerateToken,
  },
  {
    name: 'peering inspect-token',
    synopsis: 'Shows what a token says, and what is wrong with it',
    load: async () => (await import('./inspect-token.ts')).peeringInspectToken,
  },
  {
    name: 'peering establish',
    synopsis: 'Takes a token that another cluster made',
    load: async () => (await import('./establish.ts')).peeringEstablish,
  },
  {
    name: 'peering list',
    synopsis: 'Lists the peerings of this cluster',
    load: async () => (await import('./list.ts')).peeringList,
  },
  {
    name: 'peering read',
    synopsis: 'Prints a peering',
    load: async () => (await import('./read.ts')).peeringRead,
  },
  {
    name: 'peering doctor',
    synopsis: 'Says what is wrong with a peering, and what to do',
    load: async () => (await import('./doctor.ts')).peeringDoctor,
  },
  {
    name: 'peering exported-services',
    synopsis: 'Lists the services that a peer may use',
    load: async () => (await import('./exported-services.ts')).peeringExportedServices,
  },
  {
    name: 'peering delete',
    synopsis: 'Ends a peering',
    load: async () => (await import('./delete.ts')).peeringDelete,
  },
]
