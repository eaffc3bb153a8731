// Both command lines against the same agents: what `connect envoy -bootstrap` prints, and what scripts read.

import { execFile } from 'node:child_process'
import { expect, it } from 'vitest'
import { describeOracle, type Oracle } from '../support/oracle.ts'
import { maskJson, maskText } from '../support/oracle-mask.ts'
import { runCommand } from '../support/run-command.ts'

const WEB = { Name: 'web', Port: 9090, Connect: { SidecarService: { Port: 21000 } } }
const GATEWAY = ['-gateway', 'mesh', '-register', '-service', 'mgw', '-address', '127.0.0.1:8443']
const PROXY_DEFAULTS = {
  Kind: 'proxy-defaults',
  Name: 'global',
  Config: {
    envoy_prometheus_bind_addr: '0.0.0.0:9102',
    envoy_stats_tags: ['a=b'],
    envoy_dogstatsd_url: 'udp://127.0.0.1:8125',
    envoy_stats_flush_interval: '10s',
  },
}

interface Printed {
  readonly code: number
  readonly text: string
}

/** The same arguments to both command lines, each with its own agent. */
async function printed(oracle: Oracle, args: readonly string[]): Promise<[Printed, Printed]> {
  const own = oracle.ours.settings.clientAddresses[0]
  const ours = await runCommand(args, { agent: { address: `${own}:8500` }, env: { CONSUL_GRPC_ADDR: `${own}:8502` } })
  const env = { ...process.env, CONSUL_HTTP_ADDR: `${oracle.address}:8500`, CONSUL_GRPC_ADDR: `${oracle.address}:8502` }
  const theirs = await new Promise<Printed>(resolve => {
    execFile(process.env.CONSUL_BIN ?? '', [...args], { env }, (error, stdout) =>
      resolve({ code: Number(error?.code ?? 0), text: stdout }),
    )
  })
  return [{ code: ours.code, text: ours.stdout }, theirs]
}

describeOracle('the command line', oracle => {
  it('prints the same bootstrap configuration', async () => {
    await oracle.ask({ method: 'PUT', path: '/v1/agent/service/register', body: WEB })
    for (const which of [['-sidecar-for', 'web'], ['-proxy-id', 'web-sidecar-proxy'], GATEWAY]) {
      const [ours, theirs] = await printed(oracle, ['connect', 'envoy', ...which, '-bootstrap'])
      expect(maskJson(JSON.parse(ours.text))).toEqual(maskJson(JSON.parse(theirs.text)))
    }
  })

  it('prints the same bootstrap configuration with what proxy-defaults says', async () => {
    await oracle.ask({ method: 'PUT', path: '/v1/config', body: PROXY_DEFAULTS })
    const args = ['connect', 'envoy', '-sidecar-for', 'web', '-bootstrap', '-admin-bind', '127.0.0.1:19009']
    const [ours, theirs] = await printed(oracle, args)
    expect(maskJson(JSON.parse(ours.text))).toEqual(maskJson(JSON.parse(theirs.text)))
  })

  it.each([
    [['config', 'list', '-kind', 'proxy-defaults']],
    [['config', 'delete', '-kind', 'service-resolver', '-name', 'nope']],
    [['intention', 'create', '-deny', 'web', 'db']],
    [['intention', 'check', 'web', 'db']],
    [['intention', 'check', 'other', 'db']],
    [['intention', 'match', 'db']],
    [['intention', 'match', '-source', 'web']],
    [['intention', 'delete', 'web', 'db']],
    [['catalog', 'datacenters']],
    [['catalog', 'services']],
    [['services', 'register', '-name', 'x', '-port', '1']],
    [['services', 'deregister', '-id', 'x']],
    [['reload']],
  ])('%j says the same', async args => {
    const [ours, theirs] = await printed(oracle, args)
    expect([ours.code, maskText(ours.text)]).toEqual([theirs.code, maskText(theirs.text)])
  })
})
