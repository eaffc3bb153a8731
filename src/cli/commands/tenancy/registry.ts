// The entries of `partition` and `namespace` for the registry of commands.

import type { RegistryEntry } from '../../run-cli.ts'
import type { Noun } from './tenancy-commands.ts'

/** The group of a noun with its commands. */
export function tenancyEntries(noun: Noun, help: string): readonly RegistryEntry[] {
  const load = async () => await import('./tenancy-commands.ts')
  return [
    { name: noun, synopsis: `Creates, lists and deletes ${noun}s`, help },
    {
      name: `${noun} create`,
      synopsis: `Creates a ${noun}`,
      load: async () => (await load()).writeCommand(noun, 'create'),
    },
    {
      name: `${noun} update`,
      synopsis: `Changes a ${noun}`,
      load: async () => (await load()).writeCommand(noun, 'update'),
    },
    {
      name: `${noun} write`,
      synopsis: `Creates or changes a ${noun} from a file`,
      load: async () => (await load()).writeFileCommand(noun),
    },
    { name: `${noun} read`, synopsis: `Prints a ${noun}`, load: async () => (await load()).readCommand(noun) },
    { name: `${noun} list`, synopsis: `Lists ${noun}s`, load: async () => (await load()).listCommand(noun) },
    { name: `${noun} delete`, synopsis: `Deletes a ${noun}`, load: async () => (await load()).deleteCommand(noun) },
  ]
}
