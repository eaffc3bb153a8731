// The registry of commands that talk to an agent or to nobody. Those that are a server themselves are added in main.ts.

import { peeringEntries } from './commands/peering/registry.ts'
import { tenancyEntries } from './commands/tenancy/registry.ts'
import type { RegistryEntry } from './run-cli.ts'

export const commands: readonly RegistryEntry[] = [
  {
    name: 'version',
    synopsis: 'Prints the version',
    load: async () => (await import('./commands/version.ts')).version,
  },
  {
    name: 'members',
    synopsis: 'Lists the members of the datacenter',
    load: async () => (await import('./commands/members.ts')).members,
  },
  {
    name: 'reload',
    synopsis: 'Makes the agent read its configuration files again',
    load: async () => (await import('./commands/reload.ts')).reload,
  },
  {
    name: 'join',
    synopsis: 'Tells the agent where its servers are',
    load: async () => (await import('./commands/join.ts')).join,
  },
  {
    name: 'force-leave',
    synopsis: 'Takes a failed member out of the datacenter',
    load: async () => (await import('./commands/force-leave.ts')).forceLeave,
  },
  {
    name: 'leave',
    synopsis: 'Makes the agent leave gracefully and shut down',
    load: async () => (await import('./commands/leave.ts')).leave,
  },
  {
    name: 'info',
    synopsis: 'Prints figures of the agent',
    load: async () => (await import('./commands/info.ts')).info,
  },
  {
    name: 'maint',
    synopsis: 'Takes a node or a service out of service and back',
    load: async () => (await import('./commands/maint.ts')).maint,
  },
  {
    name: 'keygen',
    synopsis: 'Prints a new key for encryption between servers',
    load: async () => (await import('./commands/keygen.ts')).keygen,
  },

  {
    name: 'services',
    synopsis: 'Registers and deregisters services',
    help: 'Registers services with the agent and deregisters them.',
  },
  {
    name: 'services register',
    synopsis: 'Registers services from files or flags',
    load: async () => (await import('./commands/services/register.ts')).servicesRegister,
  },
  {
    name: 'services deregister',
    synopsis: 'Deregisters services',
    load: async () => (await import('./commands/services/deregister.ts')).servicesDeregister,
  },
  {
    name: 'services exported-services',
    synopsis: 'Lists what is shared with peers and other partitions',
    load: async () => (await import('./commands/services/exported-services.ts')).servicesExported,
  },
  {
    name: 'services imported-services',
    synopsis: 'Lists what other partitions share with this one',
    load: async () => (await import('./commands/services/exported-services.ts')).servicesImported,
  },

  {
    name: 'services export',
    synopsis: 'Lets other clusters or partitions use a service',
    load: async () => (await import('./commands/services/export.ts')).servicesExport,
  },

  {
    name: 'catalog',
    synopsis: 'Looks up datacenters, nodes and services',
    help: 'Looks up what the catalog knows.',
  },
  {
    name: 'catalog datacenters',
    synopsis: 'Lists all federated datacenters',
    load: async () => (await import('./commands/catalog/datacenters.ts')).catalogDatacenters,
  },
  {
    name: 'catalog nodes',
    synopsis: 'Lists the nodes of a datacenter',
    load: async () => (await import('./commands/catalog/nodes.ts')).catalogNodes,
  },
  {
    name: 'catalog services',
    synopsis: 'Lists the services of a datacenter',
    load: async () => (await import('./commands/catalog/services.ts')).catalogServices,
  },

  {
    name: 'config',
    synopsis: 'Reads and writes configuration entries',
    help: 'Reads and writes configuration entries, such as proxy-defaults, service-resolver or mesh.',
  },
  {
    name: 'config write',
    synopsis: 'Creates or replaces an entry',
    load: async () => (await import('./commands/config/write.ts')).configWrite,
  },
  {
    name: 'config read',
    synopsis: 'Prints an entry',
    load: async () => (await import('./commands/config/read.ts')).configRead,
  },
  {
    name: 'config list',
    synopsis: 'Lists the entries of a kind',
    load: async () => (await import('./commands/config/list.ts')).configList,
  },
  {
    name: 'config delete',
    synopsis: 'Deletes an entry',
    load: async () => (await import('./commands/config/delete.ts')).configDelete,
  },

  ...tenancyEntries('partition', 'Admin partitions hold nodes, services and entries apart within one cluster.'),
  ...tenancyEntries('namespace', 'Namespaces hold services and entries apart within a partition.'),

  {
    name: 'intention',
    synopsis: 'Says which services may connect to which',
    help: 'Says which services may connect to which, and asks whether a connection would be allowed.',
  },
  {
    name: 'intention create',
    synopsis: 'Allows or denies connections',
    load: async () => (await import('./commands/intention/create.ts')).intentionCreate,
  },
  {
    name: 'intention check',
    synopsis: 'Prints whether a connection is allowed',
    load: async () => (await import('./commands/intention/check.ts')).intentionCheck,
  },
  {
    name: 'intention get',
    synopsis: 'Prints an intention',
    load: async () => (await import('./commands/intention/get.ts')).intentionGet,
  },
  {
    name: 'intention list',
    synopsis: 'Lists all intentions',
    load: async () => (await import('./commands/intention/list.ts')).intentionList,
  },
  {
    name: 'intention delete',
    synopsis: 'Deletes an intention',
    load: async () => (await import('./commands/intention/delete.ts')).intentionDelete,
  },
  {
    name: 'intention match',
    synopsis: 'Lists the intentions that match a service',
    load: async () => (await import('./commands/intention/match.ts')).intentionMatch,
  },

  ...peeringEntries,

  {
    name: 'connect',
    synopsis: 'Runs proxies and manages the certificate authority',
    help: 'Runs the proxies and gateways of the mesh, and manages its certificate authority.',
  },
  {
    name: 'connect envoy',
    synopsis: 'Runs Envoy as a sidecar or gateway',
    load: async () => (await import('./commands/connect/envoy/envoy.ts')).connectEnvoy,
  },
  {
    name: 'connect explain',
    synopsis: 'Says where the upstreams of a service lead, and what is missing',
    load: async () => (await import('./commands/connect/explain.ts')).connectExplain,
  },
  {
    name: 'connect ca',
    synopsis: 'Manages the certificate authority',
    help: 'Reads and changes the configuration of the certificate authority.',
  },
  {
    name: 'connect ca get-config',
    synopsis: 'Prints the configuration of the certificate authority',
    load: async () => (await import('./commands/connect/ca-get-config.ts')).connectCaGetConfig,
  },
  {
    name: 'connect ca set-config',
    synopsis: 'Changes the configuration of the certificate authority',
    load: async () => (await import('./commands/connect/ca-set-config.ts')).connectCaSetConfig,
  },
]
