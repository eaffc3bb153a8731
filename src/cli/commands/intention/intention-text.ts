// How intentions are written for people: `web => db (allow)`.

import { type Fields, list, text } from '../../answer.ts'

/** `allow`, `deny`, or how many permissions stand in its place. */
export function actionOf(intention: Fields): string {
  const permissions = list(intention.Permissions).length
  if (permissions === 0) return text(intention.Action)
  return permissions === 1 ? '1 permission' : `${permissions} permissions`
}

export function sourceOf(intention: Fields): string {
  const name = text(intention.SourceName)
  if (text(intention.SourcePeer) !== '') return `peer(${text(intention.SourcePeer)})/${name}`
  return scoped(text(intention.SourcePartition), text(intention.SourceNS), name)
}

export function destinationOf(intention: Fields): string {
  const name = text(intention.DestinationName)
  return scoped(text(intention.DestinationPartition), text(intention.DestinationNS), name)
}

/** `SRC => DST (action)`. */
export function intentionLine(intention: Fields): string {
  return `${sourceOf(intention)} => ${destinationOf(intention)} (${actionOf(intention)})`
}

/** Puts partition and namespace in front where they are not the default ones. */
export function scoped(partition: string, namespace: string, name: string): string {
  const isOtherPartition = partition !== '' && partition !== 'default'
  const isOtherNamespace = namespace !== '' && namespace !== 'default'
  if (isOtherPartition) return `${partition}/${namespace || 'default'}/${name}`
  return isOtherNamespace ? `${namespace}/${name}` : name
}
