// DNS of whole agents, asked by Node's own resolver and by bytes.

import { createSocket } from 'node:dgram'
import { Resolver } from 'node:dns/promises'
import { connect } from 'node:net'
import { type DecodedPacket, decode, encode, type Packet, streamDecode, streamEncode } from 'dns-packet'
import { afterEach, describe, expect, it } from 'vitest'
import { closedPort } from '../../test/support/loopback.ts'
import { type RunningAgent, startRunningAgent } from '../../test/support/running-agent.ts'
import { until } from '../../test/support/until.ts'
import type { FileConfig } from './options.ts'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close()
})

async function start(config: FileConfig = {}): Promise<RunningAgent> {
  const agent = await startRunningAgent(config)
  closers.push(() => agent.close())
  return agent
}

function resolverOf({ agent }: RunningAgent): Resolver {
  const resolver = new Resolver({ timeout: 5_000, tries: 2 })
  resolver.setServers([`127.0.0.1:${agent.dnsPort}`])
  return resolver
}

const register = (agent: RunningAgent, node: string, service: object, more: object = {}) => {
  const Address = `10.0.0.${node.length}`
  return agent.call('PUT', '/v1/catalog/register', { Node: node, Address, Service: service, ...more })
}

/** One question as bytes over UDP; the bytes that come back. */
function exchange({ agent }: RunningAgent, bytes: Buffer): Promise<Buffer> {
  const socket = createSocket('udp4')
  return new Promise<Buffer>((resolve, reject) => {
    socket.once('error', reject)
    socket.once('message', resolve)
    socket.send(bytes, agent.dnsPort, '127.0.0.1')
  }).finally(() => socket.close())
}

async function ask(agent: RunningAgent, name: string, type: string, more: Packet = {}): Promise<DecodedPacket> {
  const questions = [{ name, type: type as 'A' }]
  return decode(await exchange(agent, encode({ type: 'query', id: 77, flags: 256, questions, ...more })))
}

function askOverTcp({ agent }: RunningAgent, name: string): Promise<Packet> {
  const socket = connect(agent.dnsPort, '127.0.0.1')
  closers.push(() => socket.destroy())
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    socket.on('error', reject)
    socket.on('data', chunk => {
      chunks.push(chunk)
      const packet = streamDecode(Buffer.concat(chunks))
      if (packet !== null) resolve(packet)
    })
    socket.write(streamEncode({ type: 'query', id: 1, questions: [{ name, type: 'A' }] }))
  })
}

describe('DNS of an agent', () => {
  it('answers for services, tags, nodes and addresses', async () => {
    const agent = await start()
    await register(agent, 'n', { Service: 'web', Port: 80, Tags: ['v1'] }, { NodeMeta: { os: 'linux' } })
    await register(agent, 'nn', { Service: 'web', Port: 81 })
    const dns = resolverOf(agent)
    expect((await dns.resolve4('web.service.consul')).sort()).toEqual(['10.0.0.1', '10.0.0.2'])
    expect(await dns.resolve4('v1.web.service.dc1.consul')).toEqual(['10.0.0.1'])
    const ports = (await dns.resolveSrv('_web._tcp.consul')).map(({ name, port }) => `${name}:${port}`)
    expect(ports.sort()).toEqual(['n.node.dc1.consul:80', 'nn.node.dc1.consul:81'])
    expect(await dns.resolve4('nn.node.consul')).toEqual(['10.0.0.2'])
    expect(await dns.resolveTxt('n.node.consul')).toContainEqual(['os=linux'])
    expect(await dns.reverse('10.0.0.2')).toEqual(['nn.node.dc1.consul'])
    expect(await dns.resolveNs('consul')).toEqual(['n1.node.dc1.consul'])
    expect((await dns.resolveSoa('consul')).hostmaster).toBe('hostmaster.consul')
  })

  it('leaves out what is critical, and tells sidecars apart', async () => {
    const agent = await start()
    const Check = { CheckID: 'c', Name: 'c', ServiceID: 'web', Status: 'critical' }
    await register(agent, 'n', { Service: 'web', ID: 'web', Port: 80 }, { Check })
    await register(agent, 'nn', { Service: 'web', Port: 81 })
    const sidecar = {
      Kind: 'connect-proxy',
      Service: 'web-proxy',
      Port: 21000,
      Proxy: { DestinationServiceName: 'web' },
    }
    await register(agent, 'nnn', sidecar)
    const dns = resolverOf(agent)
    expect(await dns.resolve4('web.service.consul')).toEqual(['10.0.0.2'])
    expect((await dns.resolveSrv('web.connect.consul')).map(({ port }) => port)).toEqual([21000])
  })

  it('says what there is not, and for how long', async () => {
    const agent = await start({ dns_config: { soa: { min_ttl: 9 } } })
    await register(agent, 'n', { Service: 'web', Port: 80 })
    const shape = async (name: string, type: string) => {
      const { rcode, answers, authorities } = (await ask(agent, name, type)) as DecodedPacket & { rcode: string }
      return [rcode, answers?.length, authorities?.map(each => `${each.type} ${'ttl' in each ? each.ttl : ''}`).join()]
    }
    expect(await shape('nosuch.service.consul', 'A')).toEqual(['NXDOMAIN', 0, 'SOA 9'])
    expect(await shape('web.service.nowhere.consul', 'A')).toEqual(['NXDOMAIN', 0, 'SOA 9'])
    expect(await shape('web.service.nowhere.ap.consul', 'A')).toEqual(['NXDOMAIN', 0, 'SOA 9'])
    expect(await shape('web.service.consul', 'AAAA')).toEqual(['NOERROR', 0, 'SOA 9'])
    expect(await shape('example.com', 'A')).toEqual(['REFUSED', 0, ''])
    expect(await shape('consul', 'AXFR')).toEqual(['NOTIMP', 0, ''])
  })

  it('keeps partitions and namespaces apart', async () => {
    const agent = await start()
    await agent.call('PUT', '/v1/partition', { Name: 'finance' })
    await agent.call('PUT', '/v1/namespace?partition=finance', { Name: 'shop' })
    const place = { Partition: 'finance', Namespace: 'shop' }
    await register(agent, 'nn', { Service: 'pay', Port: 80, ...place }, { Partition: 'finance' })
    const dns = resolverOf(agent)
    expect(await dns.resolve4('pay.service.shop.ns.finance.ap.consul')).toEqual(['10.0.0.2'])
    expect(await dns.resolve4('nn.node.finance.ap.consul')).toEqual(['10.0.0.2'])
    await expect(dns.resolve4('pay.service.consul')).rejects.toThrow('ENOTFOUND')
    await expect(dns.resolve4('pay.service.finance.ap.consul')).rejects.toThrow('ENOTFOUND')
    await expect(dns.resolve4('nn.node.consul')).rejects.toThrow('ENOTFOUND')
  })

  it('asks other datacenters', async () => {
    const [server, serf_wan] = [await closedPort(), await closedPort()]
    const primary = await start({ ports: { server, serf_wan } })
    await register(primary, 'n', { Service: 'web', Port: 80 })
    const secondary = await start({
      datacenter: 'dc2',
      primary_datacenter: 'dc1',
      retry_join_wan: [`127.0.0.1:${serf_wan}`],
    })
    const dns = resolverOf(secondary)
    await until('dc1 answers', async () => {
      expect(await dns.resolve4('web.service.dc1.consul')).toEqual(['10.0.0.1'])
    })
    await expect(dns.resolve4('web.service.consul')).rejects.toThrow('ENOTFOUND')
  })

  it('fits its answers to what the client takes', async () => {
    const agent = await start({ dns_config: { enable_truncate: true } })
    const nodes = Array.from({ length: 40 }, (_, i) => 'n'.repeat(i + 1))
    await Promise.all(nodes.map(node => register(agent, node, { Service: 'web', Port: 80 })))
    const plain = await ask(agent, 'web.service.consul', 'A')
    expect([plain.answers?.length, plain.flag_tc]).toEqual([3, true])
    const OPT = { type: 'OPT', name: '.', udpPayloadSize: 4096, flags: 0, options: [] } as const
    const large = await ask(agent, 'web.service.consul', 'A', { additionals: [OPT as never] })
    expect([large.answers?.length, large.flag_tc]).toEqual([40, false])
    expect(large.additionals?.map(({ type }) => type)).toEqual(['OPT'])
    expect((await askOverTcp(agent, 'web.service.consul')).answers).toHaveLength(40)
  })

  it('passes names of others on to recursors', async () => {
    const other = createSocket('udp4')
    closers.push(() => other.close())
    other.on('message', (bytes, from) => {
      const { id = 0, questions = [] } = decode(bytes)
      const answers = [{ type: 'A' as const, name: 'example.com', ttl: 3, data: '192.0.2.1' }]
      other.send(encode({ type: 'response', id, questions, answers }), from.port, from.address)
    })
    await new Promise<void>(resolve => other.bind(0, '127.0.0.1', resolve))
    const agent = await start({ recursors: [`127.0.0.1:${other.address().port}`] })
    const { id, answers } = await ask(agent, 'example.com', 'A')
    expect([id, answers]).toEqual([77, [expect.objectContaining({ data: '192.0.2.1' })]])
  })

  it('outlives what is no question', async () => {
    const agent = await start()
    const garbage = Buffer.alloc(40, 0x7f)
    garbage[2] = 0
    expect(decode(await exchange(agent, garbage))).toMatchObject({ id: 0x7f7f, rcode: 'FORMERR' })
    const silent = createSocket('udp4')
    closers.push(() => silent.close())
    for (const bytes of [Buffer.alloc(0), Buffer.alloc(3), Buffer.alloc(600, 255)]) {
      silent.send(bytes, agent.agent.dnsPort, '127.0.0.1')
    }
    const tcp = connect(agent.agent.dnsPort, '127.0.0.1')
    closers.push(() => tcp.destroy())
    tcp.on('error', () => {})
    tcp.write(Buffer.alloc(70_000, 1))
    expect((await ask(agent, 'n1.node.consul', 'A')).answers).toHaveLength(1)
  })
})

describe('the port for DNS', () => {
  it('may be off', async () => expect((await start({ ports: { dns: -1 } })).agent.dnsPort).toBe(-1))

  it('is worth a failure when it is taken', async () => {
    const first = await start()
    const port = first.agent.dnsPort
    await expect(startRunningAgent({ ports: { dns: port } })).rejects.toThrow(
      `ports.dns: cannot listen on port ${port}`,
    )
  })

  it('is followed by recursors that are addresses', async () => {
    const wrong = startRunningAgent({ recursors: ['resolver.example.com'] })
    await expect(wrong).rejects.toThrow('recursors: invalid value "resolver.example.com"; allowed are IP addresses')
  })
})
