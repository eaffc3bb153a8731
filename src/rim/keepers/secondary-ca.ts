// Keeps a secondary datacenter's certificate authority in step with the primary's roots.

import { Fault } from '../../core/model/fault.ts'
import type { RemoteDeps } from '../federation/remote-query.ts'
import { callDatacenter, followRemote } from '../federation/remote-query.ts'
import { RPC_PATHS } from '../federation/rpc.ts'
import type { CertificateAuthority, PrimaryRoots } from './certificate-authority.ts'

const CHECK_MS = 60_000

/** Follows the primary's roots, and asks for a new intermediate when ours is old, until the signal aborts. */
export async function followPrimaryCa(
  deps: RemoteDeps,
  authority: CertificateAuthority,
  signal: AbortSignal,
): Promise<void> {
  const primary = deps.store.self.primaryDatacenter
  let last: PrimaryRoots | undefined
  const sign = async (csrPem: string) => {
    const answer = await callDatacenter(deps, primary, {
      method: 'POST',
      path: RPC_PATHS.signIntermediate,
      body: Buffer.from(csrPem),
      signal,
    })
    const text = answer.body.toString('utf8')
    if (answer.status !== 200)
      throw new Fault('unavailable', `the primary datacenter did not sign our intermediate: ${text}`)
    const body: { certPem?: unknown } = JSON.parse(text)
    return String(body.certPem)
  }
  const again = setInterval(() => {
    if (last === undefined) return
    authority.followPrimary(last, sign).catch(error => deps.logger.warn('cannot renew our intermediate yet', { error }))
  }, CHECK_MS)
  again.unref()
  signal.addEventListener('abort', () => clearInterval(again), { once: true })
  await followRemote(
    deps,
    {
      datacenter: primary,
      path: RPC_PATHS.roots,
      async onAnswer(value) {
        // The answer comes from a server of our own federation and is its stored row.
        last = value as PrimaryRoots
        await authority.followPrimary(last, sign)
      },
      onStale: () => {},
    },
    signal,
  )
}
