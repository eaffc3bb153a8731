// The datacenters of the federation.

import { defineQuery } from '../store/view.ts'

/** Names of all datacenters that have servers here or elsewhere, own one included, in alphabetical order. */
export const knownDatacenters = defineQuery<undefined, readonly string[]>({
  name: 'known-datacenters',
  key: () => '',
  run(view) {
    const names = view.list('members', 'all', '').map(member => member.Datacenter)
    return [...new Set([view.self.datacenter, ...names])].sort()
  },
})
