// The certificate authority as clients see it, and certificates for services.

import type { CaConfiguration, CaRootsRow } from '../model/ca.ts'
import type { Leaf, Waiting } from '../model/fact.ts'
import { spiffeUri } from '../model/spiffe.ts'
import { joinKey, type Tenancy } from '../model/tenancy.ts'
import { defineQuery } from '../store/view.ts'
import { trustDomain } from './mesh-roots.ts'

/** The roots, or undefined until the CA has started. */
export const caRoots = defineQuery<unknown, CaRootsRow | undefined>({
  name: 'ca-roots',
  key: () => '',
  run: view => view.get('caRoots', ''),
})

/** The configuration of the CA, or undefined until it has started. */
export const caConfiguration = defineQuery<unknown, CaConfiguration | undefined>({
  name: 'ca-configuration',
  key: () => '',
  run: view => view.get('caConfig', ''),
})

export interface LeafArg extends Tenancy {
  readonly service: string
}

/** A certificate for a service of this datacenter. */
export const serviceLeaf = defineQuery<LeafArg, Leaf | Waiting>({
  name: 'service-leaf',
  key: arg => joinKey(arg.Partition, arg.Namespace, arg.service),
  run(view, { Partition: partition, Namespace: namespace, service }) {
    const domain = view.derive(trustDomain, undefined)
    if (domain === '') return { waiting: [] }
    const { datacenter } = view.self
    const uri = spiffeUri({ kind: 'service', trustDomain: domain, partition, namespace, datacenter, service })
    return view.want('leaf', uri) ?? { waiting: [{ kind: 'leaf', key: uri }] }
  },
})
