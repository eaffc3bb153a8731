// Whether what is shared can be used: exports that nobody can reach, imports that lead nowhere, upstreams that name nothing.

import type { ExportPicture } from './export-picture.ts'
import { cut, type Finding, failed, ok, warn } from './finding.ts'
import { hasUsableGateway } from './gateway-findings.ts'
import type { ImportPicture } from './import-picture.ts'
import type { PeeringPicture } from './picture.ts'

/** What is wrong with each service that is exported to the peer; one line for all that are well. */
export function exportFindings(picture: PeeringPicture): readonly Finding[] {
  const { exports, imports, row } = picture
  if (exports.length === 0) {
    const message = 'nothing is exported to the peer'
    if (imports.length > 0) return [ok('exports', '', message)]
    const fix = `isthmus services export -name SERVICE -consumer-peers ${row.Name}, here; or the like on the other side`
    return [warn('exports', '', `${message}, and nothing is imported`, fix)]
  }
  const wrong = exports.flatMap(each => exportFinding(each, row.Name) ?? [])
  const well = exports.length - wrong.length
  if (well > 0 && !hasUsableGateway(picture)) {
    const message = `no mesh gateway leads to ${many(well, 'exported service')}`
    return [failed('exports', '', message, 'see the gateways here'), ...cut(wrong)]
  }
  return well === 0 ? cut(wrong) : [ok('exports', '', `${many(well, 'service')} can be reached`), ...cut(wrong)]
}

function exportFinding(
  { name, instances, isInMesh, isUsable, isPermitted }: ExportPicture,
  peer: string,
): Finding | undefined {
  if (instances === 0 && !isInMesh) {
    const fix = `register ${name}, or take it out of the exported-services entry`
    return failed('exports', name, 'it is exported, and no instance of it is registered', fix)
  }
  if (!isInMesh) {
    const message = 'it is exported to catalogs only: it has no sidecar, so that no gateway leads to it'
    return warn('exports', name, message, `give ${name} a sidecar: Connect { SidecarService {} }`)
  }
  if (!isUsable) {
    const fix = `see its checks: /v1/health/connect/${name}`
    return failed('exports', name, 'no instance of it is healthy', fix)
  }
  if (isPermitted) return undefined
  const fix = `write a service-intentions entry for ${name} with Sources = [{ Name = …, Peer = "${peer}", Action = "allow" }]`
  return failed('exports', name, 'no intention lets anybody of the peer in', fix)
}

/** What is wrong with each service that the peer exports. */
export function importFindings({ imports, stream, row }: PeeringPicture): readonly Finding[] {
  const isStale = stream !== undefined && !stream.connected && imports.length > 0
  const stale = isStale
    ? [warn('imports', '', 'what was imported may be old: the link is down', 'it comes up to date when the link does')]
    : []
  if (imports.length === 0) return [ok('imports', '', 'the peer exports nothing to this cluster')]
  // That no gateway is known at all is said once.
  const isLinked = imports.some(each => each.gateways.length > 0)
  const wrong = isLinked ? imports.flatMap(each => importFinding(each, row.Name) ?? []) : []
  if (!isLinked) return stale
  const well = imports.length - wrong.length
  const good = well === 0 ? [] : [ok('imports', '', `${many(well, 'service')} can be reached`)]
  return [...stale, ...good, ...cut(wrong)]
}

function importFinding({ name, instances, gateways, isUsable }: ImportPicture, peer: string): Finding | undefined {
  if (gateways.length === 0) {
    const message =
      instances === 0
        ? 'the peer exports it, and nobody there is registered under the name'
        : 'its gateways are not known: on the other side it has no sidecar, or there is no mesh gateway'
    return warn('imports', name, message, 'run "isthmus peering doctor" on the other side')
  }
  if (isUsable) return undefined
  const message = 'no gateway leads to a healthy instance of it, says the peer'
  return warn('imports', name, message, `see /v1/health/service/${name}?peer=${peer}, and the doctor on the other side`)
}

/** Upstreams here that name a service which the peer does not export. */
export function upstreamFindings({ wanted, imports, row, stream }: PeeringPicture): readonly Finding[] {
  // A peer that was never heard has not said what it exports.
  const isHeard = (stream?.connected ?? false) || imports.length > 0
  if (wanted.length === 0 || !isHeard) return []
  const known = new Set(imports.map(each => each.name))
  const missing = wanted.filter(each => !known.has(each.service))
  const unusual = wanted.filter(each => each.mode === 'none')
  const well = wanted.length - missing.length
  return [
    ...(well === 0 ? [] : [ok('upstreams', '', `${many(well, 'upstream')} of proxies here name services of the peer`)]),
    ...cut(missing.map(({ proxy, service }) => missingService(proxy, service, row.Name))),
    ...cut(unusual.map(({ proxy, service }) => ignoredMode(proxy, service))),
  ]
}

function missingService(proxy: string, service: string, peer: string): Finding {
  const fix = `there: isthmus services export -name ${service} -consumer-peers <its name for this cluster>; or mend the upstream`
  return failed('upstreams', proxy, `it asks for "${service}" of "${peer}", which exports no such service here`, fix)
}

function ignoredMode(proxy: string, service: string): Finding {
  const message = `its mesh gateway mode for "${service}" is none; a peer can only be reached through gateways, so remote is used`
  return warn('upstreams', proxy, message, 'set the mode to remote or local')
}

function many(count: number, what: string): string {
  return count === 1 ? `1 ${what}` : `${count} ${what}s`
}
