// Everything that links this server to clusters it shares no trust with, put together.

import type { Server } from '@grpc/grpc-js'
import type { Store } from '../../core/store/store.ts'
import type { Committer } from '../engine/committer.ts'
import type { Effect } from '../http/api-deps.ts'
import type { CertificateAuthority } from '../keepers/certificate-authority.ts'
import type { Logger } from '../logger.ts'
import type { Sealer } from '../signer/seal.ts'
import type { TlsSource } from '../xds/grpc-server.ts'
import { Acceptor } from './acceptor.ts'
import { diagnoseEffect } from './diagnose-effect.ts'
import { PeeringKeeper } from './keeper.ts'
import { PeerTracker } from './peer-tracker.ts'
import { peeringEffects } from './peering-effects.ts'
import { ServerCertificate } from './server-certificate.ts'

export interface PeeringDeps {
  readonly store: Store
  readonly committer: Committer
  readonly authority: CertificateAuthority
  readonly sealer: Sealer
  readonly logger: Logger
  readonly now: () => number
  /** False when the configuration says `peering { enabled = false }`. */
  readonly enabled: boolean
  readonly grpcTlsPort: number
  readonly grpcTlsHosts: readonly string[]
}

export interface PeeringPart {
  readonly effects: Readonly<Record<string, Effect>>
  /** What servers show to peers. */
  readonly certificate: TlsSource
  /** Adds what peers ask for to a server that listens with TLS. */
  register(server: Server): void
  /** Dials, cleans up and renews the certificate until the signal aborts. */
  start(signal: AbortSignal): void
  close(): void
}

export function buildPeering(deps: PeeringDeps): PeeringPart {
  const { store, committer, sealer, authority, now, enabled } = deps
  const logger = deps.logger.named('peering')
  const random = Math.random
  const tracker = new PeerTracker(store)
  const stream = { store, committer, tracker, logger, now }
  const acceptor: Acceptor = new Acceptor({
    ...stream,
    onTerminated: peering => {
      keeper.terminated(peering).catch(error => logger.error('cannot end a peering', { peer: peering.Name, error }))
    },
  })
  const keeper = new PeeringKeeper({ ...stream, acceptor, sealer, random })
  const certificate = new ServerCertificate({ store, authority, logger, now, random })
  return {
    effects: {
      ...peeringEffects({ ...deps, ...stream }),
      'peering-diagnose': diagnoseEffect({
        store,
        enabled,
        now,
        hasStreamSecret: id => keeper.dialer(id) !== undefined,
      }),
    },
    certificate,
    register: server => {
      if (enabled) acceptor.addTo(server)
    },
    start(signal) {
      certificate.keep(signal).catch(error => logger.error('the certificate for peers is not renewed', { error }))
      if (enabled) keeper.keep(signal).catch(error => logger.error('peerings are not kept any more', { error }))
    },
    close() {
      acceptor.close()
      tracker.close()
    },
  }
}
