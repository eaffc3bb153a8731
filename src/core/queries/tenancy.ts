// Partitions and namespaces as the API shows them: the built-in ones first.

import {
  BUILT_IN_PARTITION,
  builtInNamespace,
  type Namespace,
  namespaceKey,
  type Partition,
} from '../model/partition.ts'
import { DEFAULT_NAMESPACE, DEFAULT_PARTITION, joinKey } from '../model/tenancy.ts'
import { defineQuery, type State } from '../store/view.ts'

/** One partition, or undefined when there is none of that name. */
export const partition = defineQuery<string, Partition | undefined>({
  name: 'partition',
  key: name => name,
  run: partitionOf,
})

export const partitions = defineQuery<undefined, readonly Partition[]>({
  name: 'partitions',
  key: () => '',
  run: view => [BUILT_IN_PARTITION, ...view.list('partitions', 'all', '')],
})

export interface NamespaceArg {
  readonly partition: string
  readonly name: string
}

/** One namespace, or undefined when it or its partition does not exist. */
export const namespace = defineQuery<NamespaceArg, Namespace | undefined>({
  name: 'namespace',
  key: arg => joinKey(arg.partition, arg.name),
  run: namespaceOf,
})

/** The namespaces of a partition. */
export const namespaces = defineQuery<string, readonly Namespace[]>({
  name: 'namespaces',
  key: name => name,
  run: (view, name) => [builtInNamespace(name), ...view.list('namespaces', 'partition', name)],
})

function partitionOf(state: State, name: string): Partition | undefined {
  return name === DEFAULT_PARTITION ? BUILT_IN_PARTITION : state.get('partitions', name)
}

function namespaceOf(state: State, { partition: owner, name }: NamespaceArg): Namespace | undefined {
  if (partitionOf(state, owner) === undefined) return undefined
  return name === DEFAULT_NAMESPACE ? builtInNamespace(owner) : state.get('namespaces', namespaceKey(owner, name))
}

/** What a request names that does not exist; undefined when all of it does. */
export function missingTenancy(
  state: State,
  named: { readonly Partition: string; readonly Namespace: string },
): 'partition' | 'namespace' | undefined {
  if (partitionOf(state, named.Partition) === undefined) return 'partition'
  return namespaceOf(state, { partition: named.Partition, name: named.Namespace }) === undefined
    ? 'namespace'
    : undefined
}
