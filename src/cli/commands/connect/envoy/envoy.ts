// `isthmus connect envoy`: prints Envoy's bootstrap configuration for a registered proxy, or runs Envoy with it.

import { buildBootstrap } from '../../../../core/bootstrap/bootstrap.ts'
import { invalid } from '../../../../core/model/fault.ts'
import { fields, text } from '../../../answer.ts'
import { type ApiCommandCall, defineApiCommand } from '../../../define-api-command.ts'
import { bootstrapParams } from './bootstrap-params.ts'
import { envoyFlags } from './envoy-flags.ts'
import { findEnvoy } from './find-envoy.ts'
import { findGateway, findSidecar, readProxy } from './find-proxy.ts'
import { gatewayRegistration } from './gateway-registration.ts'
import { systemLookup } from './resolve-host.ts'
import { type ProxySelection, selectProxy, voidFlags } from './select-proxy.ts'

type Call = ApiCommandCall<typeof envoyFlags>

export const connectEnvoy = defineApiCommand({
  usage: 'connect envoy [options] [-- ENVOY-ARGS...]',
  help: `Runs Envoy as the data plane of a registered proxy or gateway, configured by the agent. Everything after -- is
passed to Envoy.

Examples:

    $ isthmus connect envoy -sidecar-for web
    $ isthmus connect envoy -mesh-gateway -register -address 10.5.0.33:8443 \\
        -wan-address 192.169.7.33:8443 -- -l debug`,
  flags: envoyFlags,
  args: { min: 0, max: Number.POSITIVE_INFINITY },
  api: 'agent',
  failure: 'Error starting Envoy',
  run: async call => {
    const { io, flags, given, args } = call
    const selection = selectProxy(flags, io.env)
    for (const name of voidFlags(given)) io.stderr.write(`-${name} has no effect without -register\n`)

    const binary = flags.bootstrap ? undefined : await findEnvoy(flags, io.env)
    const bootstrap = await makeBootstrap(call, await proxyId(call, selection))
    if (binary === undefined) {
      io.stdout.write(bootstrap)
      return 0
    }
    const { launchEnvoy } = await import('./launch-envoy.ts')
    return launchEnvoy(binary, bootstrap, args)
  },
})

/** The ID of the selected proxy, registering it first where that is asked for. */
async function proxyId({ io, flags, client }: Call, selection: ProxySelection): Promise<string> {
  switch (selection.by) {
    case 'id':
      return selection.id
    case 'sidecar':
      return findSidecar(client, selection.serviceId)
    case 'gateway':
      return findGateway(client, selection.gateway)
    case 'registration': {
      const body = await gatewayRegistration(selection.gateway, flags)
      const query = { 'replace-existing-checks': 'true' }
      await client.call({ method: 'PUT', path: '/v1/agent/service/register', query, body })
      if (!flags.bootstrap) io.stdout.write(`Registered service: ${text(body.Name)}\n`)
      return text(body.ID)
    }
  }
}

async function makeBootstrap({ io, flags, client }: Call, id: string): Promise<string> {
  const isMerged = !flags['no-central-config']
  const service = await readProxy(client, { id, nodeName: flags['node-name'], isMerged })
  const self = fields(await client.json({ path: '/v1/agent/self' }))
  const sources = { flags, env: io.env, client: client.options, lookup: systemLookup, self }
  const input = await bootstrapParams({ ...sources, service: { ...service, ID: id } })
  if (flags['enable-config-gen-logging']) {
    const target = JSON.stringify(input.grpc.target)
    io.stderr.write(`proxy ${id} of ${input.cluster} in ${input.datacenter}, xDS at ${target}\n`)
  }
  const built = buildBootstrap(input)
  if (!built.ok) throw invalid(`configuration of ${id}`, built.issues)
  return `${JSON.stringify(built.bootstrap, null, 2)}\n`
}
