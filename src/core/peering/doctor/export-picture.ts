// What a peer may use of each service that is exported to it, seen from here.

import type { ServiceId } from '../../entries/references.ts'
import type { Intention } from '../../intentions/intention.ts'
import { coversSource } from '../../intentions/match.ts'
import { DEFAULT_NAMESPACE, DEFAULT_PARTITION, serviceKey } from '../../model/tenancy.ts'
import { matchingIntentions } from '../../queries/intentions.ts'
import type { PeerArg } from '../../queries/peer-trust.ts'
import type { View } from '../../store/view.ts'
import { exportedChain } from '../exported-chain.ts'
import { servicesExportedTo } from '../exported-services.ts'
import { resourceId } from '../resource-id.ts'

export interface ExportPicture {
  readonly name: string
  /** Instances of its own, healthy or not. */
  readonly instances: number
  /** It has sidecars, or a chain gives its name a meaning: proxies of the peer can reach it through gateways. */
  readonly isInMesh: boolean
  /** Somebody it leads to takes traffic. */
  readonly isUsable: boolean
  /** Some caller of the peer may connect, as the intentions are. */
  readonly isPermitted: boolean
}

/** Every service that is exported to a peer, by name. */
export function exportPictures(view: View, arg: PeerArg): readonly ExportPicture[] {
  return view.derive(servicesExportedTo, arg).map(service => exportPicture(view, service, arg.peer))
}

function exportPicture(view: View, service: ServiceId, peer: string): ExportPicture {
  const key = serviceKey({ ...service, Peer: '' })
  const chain = view.derive(exportedChain, service)
  // What only a chain gives a meaning is permitted where the chain leads to.
  const isDialled = view.list('services', 'connect', key).length > 0
  const [intentions = []] = isDialled ? view.derive(matchingIntentions, { by: 'destination', names: [service] }) : []
  return {
    name: resourceId(service),
    instances: view.list('services', 'name', key).filter(row => row.Kind === '').length,
    isInMesh: chain !== undefined,
    isUsable: chain?.usable ?? false,
    isPermitted: !isDialled || admitsPeer(intentions, peer, view.self.defaultAllow),
  }
}

const ANY = '*'

/** A name no service has: what is decided for it is decided for everybody who is not named. */
const NOBODY = '\u0000'

/** Whether the intentions of a destination, in the order in which they win, let in anybody of a peer. */
export function admitsPeer(intentions: readonly Intention[], peer: string, defaultAllow: boolean): boolean {
  const named = intentions.filter(each => each.SourcePeer === peer || each.SourcePeer === ANY)
  const callers = named.map(({ SourceName, SourceNS }) => ({
    Name: SourceName === ANY ? NOBODY : SourceName,
    Namespace: SourceNS === ANY ? DEFAULT_NAMESPACE : SourceNS,
  }))
  return [...callers, { Name: NOBODY, Namespace: DEFAULT_NAMESPACE }].some(caller => {
    const source = { ...caller, Partition: DEFAULT_PARTITION, Peer: peer }
    const decisive = intentions.find(each => coversSource(each, source))
    if (decisive === undefined) return defaultAllow
    if (decisive.Permissions === undefined) return decisive.Action === 'allow'
    return decisive.Permissions.some(permission => permission.Action === 'allow')
  })
}
