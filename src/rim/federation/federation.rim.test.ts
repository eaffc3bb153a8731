import { afterEach, describe, expect, it } from 'vitest'
import { decodeEntry } from '../../core/entries/index.ts'
import type { CheckServiceNode } from '../../core/model/fact.ts'
import { remoteConnectKey } from '../../core/model/fact.ts'
import { serviceName } from '../../core/model/tenancy.ts'
import type { RegisterCommand } from '../../core/store/commands.ts'
import { reduce } from '../../core/store/reduce.ts'
import { Store } from '../../core/store/store.ts'
import type { Self } from '../../core/store/view.ts'
import { defineQuery } from '../../core/store/view.ts'
import { readCertificate } from '../../lib/x509/read-certificate.ts'
import { Committer } from '../engine/committer.ts'
import { MemoryEngine } from '../engine/memory.ts'
import { textAnswer } from '../http/message.ts'
import { CertificateAuthority } from '../keepers/certificate-authority.ts'
import { remoteConnectKeeper } from '../keepers/remote-dc.ts'
import { noMemory } from '../keepers/remote-memory.ts'
import { replicateFromPrimary } from '../keepers/replication.ts'
import { followPrimaryCa } from '../keepers/secondary-ca.ts'
import { WantSupervisor } from '../keepers/wants.ts'
import { createLogger } from '../logger.ts'
import { ephemeralSealer } from '../signer/seal.ts'
import { systemWaitClock } from '../watch.ts'
import { Membership } from './membership.ts'
import { RpcClient } from './rpc-client.ts'
import { rpcHandler } from './rpc-handlers.ts'
import { startRpcServer } from './rpc-server.ts'
import { tlsIdentity } from './tls-identity.ts'

const lines: string[] = []
const logger = createLogger({ level: 'debug', json: false, write: line => lines.push(line), now: () => new Date(0) })
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
  lines.length = 0
})

/** Waits for a condition; the deadline is only there to end a test that fails. */
async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = Date.now() + 20_000
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never happened: ${what}\n${lines.join('')}`)
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

interface Options {
  readonly join?: readonly string[]
  readonly key?: string
  readonly port?: number
  readonly node?: string
}

async function startServer(datacenter: string, address: string, options: Options = {}) {
  const self: Self = {
    node: options.node ?? `${datacenter}-1`,
    nodeId: '',
    datacenter,
    primaryDatacenter: 'onprem',
    partition: 'default',
    isServer: true,
    domain: 'consul',
    address,
    defaultAllow: true,
  }
  const store = new Store(self)
  const committer = new Committer(store, new MemoryEngine())
  await committer.start()
  const identity = tlsIdentity({}, datacenter, Date.now())
  const key = options.key ?? ''
  const client = new RpcClient({ identity, key })
  const authority = new CertificateAuthority({
    ...{ store, committer, logger, now: Date.now, seed: undefined },
    sealer: ephemeralSealer(),
    newClusterId: () => '11111111-2222-3333-4444-555555555555',
  })
  const holder: { membership?: Membership } = {}
  const server = await startRpcServer({
    ...{ host: address, port: options.port ?? 0, identity, key, logger },
    handler: request => {
      const { membership } = holder
      if (membership === undefined) throw new Error('not started')
      const api = async () => textAnswer(418, `api of ${datacenter}`)
      const agents = { answer: api }
      return rpcHandler({ store, authority, membership, agents, clock: systemWaitClock, api })(request)
    },
  })
  const membership = new Membership({
    ...{ store, committer, client, logger, address, version: '0' },
    port: server.port,
    rpcPort: server.port,
    join: options.join ?? [],
    joinIntervalMs: 100,
    startedAt: Date.now(),
  })
  holder.membership = membership
  await membership.start()
  const abort = new AbortController()
  const stop = async () => {
    abort.abort()
    membership.stop()
    await client.close()
    await server.close()
  }
  closers.push(stop)
  const submit = (command: Parameters<typeof reduce>[1]) => committer.submit(state => reduce(state, command))
  return {
    store,
    committer,
    client,
    authority,
    membership,
    server,
    abort,
    stop,
    submit,
    remote: { store, client, logger },
  }
}

function proxyDefaults(Mode: 'local' | 'remote') {
  const decoded = decodeEntry({ Kind: 'proxy-defaults', Name: 'global', MeshGateway: { Mode } })
  if (!decoded.ok) throw new Error(JSON.stringify(decoded.issues))
  return { type: 'set-entry', datacenter: 'onprem', entry: decoded.value } as const
}

describe('two federated datacenters', () => {
  it('find each other, and both know both', async () => {
    const onprem = await startServer('onprem', '127.9.1.1')
    const cloud = await startServer('cloud', '127.9.1.2', { join: [`127.9.1.1:${onprem.server.port}`] })
    await until('both know both', () =>
      [onprem, cloud].every(each => each.store.list('members', 'all', '').length === 2),
    )
    expect(onprem.store.get('members', 'cloud-1.cloud')).toMatchObject({ Status: 'alive', Address: '127.9.1.2' })
  })

  it('notice that a server is gone, and that it is back', async () => {
    const onprem = await startServer('onprem', '127.9.2.1')
    const join = [`127.9.2.1:${onprem.server.port}`]
    const cloud = await startServer('cloud', '127.9.2.2', { join })
    const status = () => onprem.store.get('members', 'cloud-1.cloud')?.Status
    await until('cloud has joined', () => status() === 'alive')
    await cloud.stop()
    await until('cloud is missed', () => status() === 'failed')
    await startServer('cloud', '127.9.2.2', { join, port: cloud.server.port })
    await until('cloud is back', () => status() === 'alive')
  })

  it('refuse a server that does not know the shared key', async () => {
    const onprem = await startServer('onprem', '127.9.3.1', { key: 'right' })
    const join = [`127.9.3.1:${onprem.server.port}`]
    const stranger = await startServer('cloud', '127.9.3.2', { join, key: 'wrong' })
    await until('the refusal is logged', () => lines.some(line => line.includes('another \\"encrypt\\" key')))
    expect(stranger.store.list('members', 'all', '')).toHaveLength(1)
    await startServer('edge', '127.9.3.3', { join, key: 'right' })
    await until('who knows the key joins', () => onprem.store.get('members', 'edge-1.edge') !== undefined)
  })

  it('tell apart two servers of one name', async () => {
    const onprem = await startServer('onprem', '127.9.4.1')
    const join = [`127.9.4.1:${onprem.server.port}`]
    await startServer('onprem', '127.9.4.2', { join })
    await until('the clash is named', () =>
      lines.some(line => line.includes('another server is named onprem-1.onprem')),
    )
  })

  it('replicate config entries, keep them while the primary is away, and catch up', async () => {
    const onprem = await startServer('onprem', '127.9.5.1')
    const cloud = await startServer('cloud', '127.9.5.2', { join: [`127.9.5.1:${onprem.server.port}`] })
    const statuses: boolean[] = []
    const replication = { ...cloud.remote, committer: cloud.committer }
    void replicateFromPrimary(replication, cloud.abort.signal, ({ fresh }) => statuses.push(fresh))
    const mode = () => {
      const entry = cloud.store.list('entries', 'all', '')[0]
      return entry?.Kind === 'proxy-defaults' ? entry.MeshGateway.Mode : undefined
    }
    await onprem.submit(proxyDefaults('local'))
    await until('the entry arrives', () => mode() === 'local')

    await onprem.stop()
    await until('the loss is noticed', () => statuses.at(-1) === false)
    expect(mode()).toBe('local')

    const again = await startServer('onprem', '127.9.5.1', { port: onprem.server.port })
    await again.submit(proxyDefaults('remote'))
    await until('the new entry arrives', () => mode() === 'remote')
    expect(statuses.at(-1)).toBe(true)
  })

  it('share one root: the secondary signs under an intermediate', async () => {
    const onprem = await startServer('onprem', '127.9.6.1')
    const cloud = await startServer('cloud', '127.9.6.2', { join: [`127.9.6.1:${onprem.server.port}`] })
    void followPrimaryCa(cloud.remote, cloud.authority, cloud.abort.signal)
    await onprem.authority.startPrimary()
    await until('the secondary can sign', () => cloud.authority.isReady)
    expect(cloud.authority.trustDomain).toBe(onprem.authority.trustDomain)
    const uri = 'spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/cloud/svc/api'
    const leaf = await cloud.authority.issueLeaf(uri)
    expect(leaf.certPem.match(/BEGIN CERTIFICATE/g)).toHaveLength(2)
    const root = onprem.store.get('caRoots', '')?.Roots[0]
    expect(readCertificate(root?.RootCert ?? '').ok).toBe(true)

    await onprem.authority.configure({ Provider: 'consul', Config: { PrivateKeyType: 'rsa', PrivateKeyBits: 2048 } })
    const active = () => onprem.store.get('caRoots', '')?.ActiveRootID
    await until('the new root reaches the secondary', () => cloud.store.get('caRoots', '')?.ActiveRootID === active())
    const renewed = await cloud.authority.issueLeaf(uri)
    expect(renewed.signingKeyId).not.toBe(leaf.signingKeyId)
  })

  it('follow the instances of a service, and keep the last ones while the datacenter is away', async () => {
    const onprem = await startServer('onprem', '127.9.7.1')
    const cloud = await startServer('cloud', '127.9.7.2', { join: [`127.9.7.1:${onprem.server.port}`] })
    const supervisor = new WantSupervisor(
      onprem.store,
      [remoteConnectKeeper({ ...onprem.remote, memory: noMemory })],
      () => {},
    )
    closers.push(() => supervisor.close())
    const key = remoteConnectKey('cloud', serviceName('api'))
    const query = defineQuery({ name: 'test', key: () => '', run: view => view.want('remote-connect', key) })
    const watch = onprem.store.watch(query, undefined, () => {})
    closers.push(() => watch.close())
    const ids = () => watch.current().value?.value?.map((each: CheckServiceNode) => each.Service.ID)

    await until('an empty answer arrives', () => ids()?.length === 0)
    await cloud.submit(registerSidecar('api-sidecar-proxy'))
    await until('the sidecar arrives', () => ids()?.[0] === 'api-sidecar-proxy')
    await cloud.stop()
    await until('the answer is marked as old', () => watch.current().value?.fresh === false)
    expect(ids()).toEqual(['api-sidecar-proxy'])
  })

  it('answer with a clear text for a datacenter nobody knows', async () => {
    const { callDatacenter } = await import('./remote-query.ts')
    const onprem = await startServer('onprem', '127.9.8.1')
    const call = { method: 'GET', path: '/', signal: AbortSignal.timeout(5000) }
    await expect(callDatacenter(onprem.remote, 'nowhere', call)).rejects.toThrow('No path to datacenter')
  })
})

function registerSidecar(id: string): RegisterCommand {
  const node = { ID: '', Node: 'n', Address: '127.0.0.1', Datacenter: 'cloud', Partition: 'default', PeerName: '' }
  return {
    type: 'register',
    node: { ...node, TaggedAddresses: {}, Meta: {} },
    skipNodeUpdate: false,
    services: [
      {
        ...{ Node: 'n', Kind: 'connect-proxy', ID: id, Service: id, Partition: 'default', Namespace: 'default' },
        ...{ PeerName: '', Tags: [], Meta: {}, Address: '', Port: 1, SocketPath: '', TaggedAddresses: {} },
        ...{ Weights: { Passing: 1, Warning: 1 }, EnableTagOverride: false, Connect: { Native: false } },
        Proxy: { DestinationServiceName: 'api', MeshGateway: {}, Expose: {} },
      },
    ],
    checks: [],
  }
}
