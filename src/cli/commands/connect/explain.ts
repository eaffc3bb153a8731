// `isthmus connect explain`: where the upstreams of a service's sidecars lead, and what stands in the way.

import { apiPath } from '../../../rim/client/agent-client.ts'
import { type Fields, list, text, texts } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { formatFlag, present } from '../../output.ts'

const NO_PROXY = 1
const HAS_PROBLEMS = 2

export const connectExplain = defineApiCommand({
  usage: 'connect explain [options] SERVICE',
  help: `Says where the upstreams of a service's sidecars lead, through which gateways, and what is missing: an export,
a partition, an instance, a gateway.

Exits with status 0 when every upstream leads somewhere, 2 when one does not, 1 when the service has no sidecar.`,
  flags: { format: formatFlag },
  args: { min: 1, max: 1 },
  api: 'server',
  failure: 'Error explaining the upstreams',
  run: async ({ io, flags, args, client }) => {
    const service = args[0] ?? ''
    const answer = await client.document({ path: apiPath('v1', 'internal', 'explain-upstreams', service) })
    const proxies = list(answer.value)
    if (proxies.length === 0) {
      io.stderr.write(`No sidecar of "${service}" is registered there.\n`)
      return NO_PROXY
    }
    present(io, flags.format, {
      json: answer.text,
      table: () => [['Proxy', 'Upstream', 'State'], ...proxies.flatMap(rows)],
      pretty: () => proxies.map(paragraph).join('\n\n'),
    })
    return proxies.every(proxy => problemsOf(proxy).length === 0) ? 0 : HAS_PROBLEMS
  },
})

function problemsOf(proxy: Fields): readonly string[] {
  return [...texts(proxy.Problems), ...list(proxy.Upstreams).flatMap(upstream => texts(upstream.Problems))]
}

function rows(proxy: Fields): readonly (readonly string[])[] {
  return list(proxy.Upstreams).map(upstream => [
    text(proxy.ID),
    text(upstream.Upstream),
    [...texts(upstream.Problems)].join('; ') || 'ok',
  ])
}

function paragraph(proxy: Fields): string {
  const upstreams = list(proxy.Upstreams).flatMap(upstream => [
    `  ${text(upstream.Upstream)}`,
    ...list(upstream.Targets).map(target => `    ${targetLine(target)}`),
    ...texts(upstream.Problems).map(problem => `    ! ${problem}`),
  ])
  const others = texts(proxy.Problems).map(problem => `  ! ${problem}`)
  const lines = [...upstreams, ...others]
  return [`${text(proxy.ID)} on ${text(proxy.Node)}`, ...(lines.length === 0 ? ['  no upstreams'] : lines)].join('\n')
}

function targetLine({ ID, Mode, Instances, Healthy, Gateways }: Fields): string {
  const instances =
    Instances === undefined ? 'nothing is shown of it here' : `${text(Healthy)} of ${text(Instances)} instances healthy`
  const way = Gateways === undefined ? 'directly' : `through ${text(Gateways)} mesh gateways, mode ${text(Mode)}`
  return Instances === undefined ? `${text(ID)}: ${instances}` : `${text(ID)}: ${instances}, ${way}`
}
