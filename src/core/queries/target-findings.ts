// What stands between a proxy and a target, in words for people: who is there, which gateways are on the way, and what is missing.

import { defineQuery, type View } from '../store/view.ts'
import { type EndpointsArg, endpointsKey, gatewaysOnTheWay, goesDirectly, targetInstances } from './endpoints.ts'
import { endpointHealth, usableGateways } from './instance-health.ts'
import { isExportedTo, isOutOfReach } from './partition-exports.ts'
import { subsetInstances } from './subset-instances.ts'

export interface TargetFindings {
  /** Instances of the target and how many of them take traffic; undefined where that is not known or not to be seen. */
  readonly instances: number | undefined
  readonly healthy: number | undefined
  /** Mesh gateways in service where the mode needs some. */
  readonly gateways: number | undefined
  readonly problems: readonly string[]
}

const UNSEEN: TargetFindings = { instances: undefined, healthy: undefined, gateways: undefined, problems: [] }

/** Nothing is found about what another partition does not show. */
export const targetFindings = defineQuery<EndpointsArg, TargetFindings>({
  name: 'target-findings',
  key: endpointsKey,
  run(view, arg) {
    if (isOutOfReach(view, arg.service, arg) || !isExportedTo(view, arg.service, arg.partition)) return UNSEEN
    const all = targetInstances(view, arg)
    const chosen = all && subsetInstances(all, arg.filter)
    const healthy = chosen?.filter(instance => endpointHealth(instance, arg.onlyPassing).healthy).length
    const gateways = goesDirectly(view, arg) ? undefined : gatewayCount(view, arg)
    const problems = [...instanceProblems(chosen?.length, healthy), ...gatewayProblems(arg, gateways)]
    return { instances: chosen?.length, healthy, gateways, problems }
  },
})

function gatewayCount(view: View, arg: EndpointsArg): number | undefined {
  const gateways = gatewaysOnTheWay(view, arg)
  return gateways && usableGateways(gateways).length
}

function instanceProblems(instances: number | undefined, healthy: number | undefined): readonly string[] {
  if (instances === undefined) return ['its datacenter has not said yet which instances there are']
  if (instances === 0) return ['no instance with a sidecar is registered']
  return healthy === 0 ? [`none of its ${instances} instances passes its checks`] : []
}

function gatewayProblems({ mode, partition, service }: EndpointsArg, gateways: number | undefined): readonly string[] {
  if (gateways !== 0) return []
  const where = mode === 'local' ? partition : service.Partition
  return [`mode "${mode}" needs a mesh gateway of partition "${where}", and none is in service`]
}
