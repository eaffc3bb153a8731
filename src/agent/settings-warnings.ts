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
  const { isServer } = settings.self
  const isOpen =
    isServer &&
    !LOOPBACK.test(settings.bindAddress) &&
    !settings.file.encrypt &&
    !(tls.verify_incoming && tls.verify_outgoing)
  if (isOpen) {
    warnings.push(
      'anybody who reaches the server ports can pose as a server: set "encrypt" (isthmus keygen) or tls.internal_rpc with verify_incoming and verify_outgoing',
    )
  }
  const trusting = settings.retryJoin.filter(({ host }) => !LOOPBACK.test(host))
  if (!isServer && trusting.length > 0 && !settings.file.encrypt && !tls.verify_outgoing) {
    warnings.push(
      'whoever answers at an address in retry_join is taken for a server: set "encrypt" as on the servers, or tls.internal_rpc with verify_outgoing',
    )
  }
  return warnings
}

/** Keys that are read and have no effect, where somebody may count on one. */
function unfulfilled({ file, ports, self, retryJoin }: Settings): string[] {
  const joins = retryJoin.length > 0
  const wishes: readonly (readonly [boolean, string])[] = [
    [file.acl?.tokens !== undefined, 'acl.tokens: has no effect; tokens are not checked yet'],
    [file.ui === true, 'ui: there is no web interface'],
    [file.ui_config?.enabled === true, 'ui_config: there is no web interface'],
    [joins && self.isServer, 'retry_join: has no effect; a datacenter has one server'],
    [!joins && !self.isServer, 'retry_join: names no server; this agent knows none until "isthmus join" names one'],
    [!self.isServer && ports.grpcTls > 0, 'ports.grpc_tls: nothing is served there; only servers serve gRPC over TLS'],
    [(file.bootstrap_expect ?? 1) > 1, 'bootstrap_expect: has no effect; a datacenter has one server'],
  ]
  return wishes.filter(([wished]) => wished).map(([, sentence]) => sentence)
}
