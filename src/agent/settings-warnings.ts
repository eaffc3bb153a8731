// What a person should know of a configuration that is sound: doors it leaves open, and wishes it does not fulfil.

import type { Settings } from './settings.ts'

const LOOPBACK = /^(127\.|::1$|localhost$|unix:)/

/** Sentences to show at start. */
export function settingsWarnings(settings: Settings): readonly string[] {
  return [...openDoors(settings), ...unfulfilled(settings)]
}

function openDoors(settings: Settings): string[] {
  const open = settings.clientAddresses.filter(address => !LOOPBACK.test(address))
  const warnings = []
  if (open.length > 0) {
    warnings.push(
      `the HTTP and gRPC APIs are open to everyone who reaches ${open.join(', ')}: neither ACL nor TLS protects them`,
    )
  }
  const tls = { ...settings.file.tls?.defaults, ...settings.file.tls?.internal_rpc }
  const isOpen =
    !LOOPBACK.test(settings.bindAddress) && !settings.file.encrypt && !(tls.verify_incoming && tls.verify_outgoing)
  if (isOpen) {
    warnings.push(
      'anybody who reaches the server ports can pose as a server: set "encrypt" (isthmus keygen) or tls.internal_rpc with verify_incoming and verify_outgoing',
    )
  }
  return warnings
}

/** Keys that are read and have no effect, where somebody may count on one. */
function unfulfilled({ file, ports }: Settings): string[] {
  const wishes: readonly (readonly [boolean, string])[] = [
    [ports.https > 0, 'ports.https: nothing is served there; the HTTP API has no TLS'],
    [(file.ports?.dns ?? -1) > 0, 'ports.dns: nothing is served there; this agent answers no DNS'],
    [file.ui === true, 'ui: there is no web interface'],
    [file.ui_config?.enabled === true, 'ui_config: there is no web interface'],
    [(file.retry_join ?? []).length > 0, 'retry_join: has no effect; a datacenter has one server'],
    [(file.bootstrap_expect ?? 1) > 1, 'bootstrap_expect: has no effect; a datacenter has one server'],
  ]
  return wishes.filter(([wished]) => wished).map(([, sentence]) => sentence)
}
