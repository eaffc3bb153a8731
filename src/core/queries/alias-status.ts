// The status of an alias check: the worst of what it stands for.

import { type Status, worstStatus } from '../model/check.ts'
import { nodeKey } from '../model/node.ts'
import { instanceKey } from '../model/service.ts'
import { joinKey, type Tenancy } from '../model/tenancy.ts'
import { instanceChecksKey } from '../store/tables.ts'
import { defineQuery, type View } from '../store/view.ts'

export interface AliasArg extends Tenancy {
  /** '' is this agent's own node. */
  readonly node: string
  /** '' is the node alone. */
  readonly service: string
}

export interface AliasStatus {
  readonly status: Status
  readonly output: string
}

/** Follows the checks of a service (and its node), or of a node. */
export const aliasStatus = defineQuery<AliasArg, AliasStatus>({
  name: 'alias-status',
  key: arg => joinKey(arg.Partition, arg.Namespace, arg.node, arg.service),
  run: (view, arg) => (arg.node === '' || arg.node === view.self.node ? local(view, arg) : remote(view, arg)),
})

function local(view: View, { Partition, Namespace, service }: AliasArg): AliasStatus {
  const exists = service === '' || view.get('localServices', joinKey(Partition, Namespace, service)) !== undefined
  if (!exists) return { status: 'critical', output: `Service ${service} could not be found on this agent` }
  const own = service === '' ? [] : view.list('localChecks', 'service', joinKey(Partition, Namespace, service))
  const node = view.list('localChecks', 'service', joinKey(Partition, Namespace, ''))
  return summarise([...node, ...own].filter(check => check.Type !== 'alias'))
}

function remote(view: View, { Partition, Namespace, node, service }: AliasArg): AliasStatus {
  const owner = { Partition, PeerName: '', Node: node }
  const exists =
    service === ''
      ? view.get('nodes', nodeKey(owner)) !== undefined
      : view.get('services', instanceKey({ ...owner, Namespace, ID: service })) !== undefined
  if (!exists)
    return { status: 'critical', output: `${service === '' ? 'Node' : 'Service'} could not be found in the catalog` }
  const own = service === '' ? [] : view.list('checks', 'instance', instanceChecksKey(owner, Namespace, service))
  return summarise([...view.list('checks', 'instance', instanceChecksKey(owner, '', '')), ...own])
}

function summarise(checks: readonly { readonly Status: Status; readonly Name: string }[]): AliasStatus {
  if (checks.length === 0) return { status: 'passing', output: 'No checks found.' }
  const status = worstStatus(checks.map(check => check.Status))
  if (status === 'passing') return { status, output: 'All checks passing.' }
  const cause = checks.find(check => check.Status === status)
  return { status, output: `Aliased check "${cause?.Name ?? ''}" is ${status}` }
}
