// `isthmus peering doctor`: what works of a peering, seen from one end or from both, and which hop is broken.

import { Fault } from '../../../core/model/fault.ts'
import { brokenHop } from '../../../core/peering/doctor/diagnose.ts'
import { stringFlag } from '../../../lib/go-flags.ts'
import { parseAgentAddress } from '../../../rim/client/agent-address.ts'
import { type AgentClient, createAgentClient } from '../../../rim/client/agent-client.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { formatFlag, formatTable, present } from '../../output.ts'
import { type Diagnosis, fetchDiagnosis, fetchOtherEnd, type SidedFinding } from './diagnosis.ts'
import { nameFlag } from './flags.ts'

export const peeringDoctor = defineApiCommand({
  usage: 'peering doctor [options] NAME',
  help: `Looks at every hop of a peering and says which one is broken, and what to try: whether the names of the peer's servers
resolve, whether they take connections and show a good certificate, whether the secret is accepted, heartbeats, trust,
mesh gateways of both sides, exports that nobody can reach, imports that lead nowhere. NAME is this cluster's name for
the peer. With -peer-http-addr the other cluster is asked as well. Exits with 1 when something is broken.

Examples:

    $ isthmus peering doctor west
    $ isthmus peering doctor -peer-http-addr http://west.example:8500 west`,
  flags: {
    name: nameFlag,
    'peer-http-addr': stringFlag(
      'Address of an agent of the other cluster, to look at the peering from there as well.',
      {
        placeholder: 'address',
      },
    ),
    'peer-token': stringFlag('ACL token to send to the other cluster.'),
    format: formatFlag,
  },
  args: { min: 0, max: 1 },
  api: 'server',
  failure: 'Error diagnosing peering',
  run: async ({ io, flags, args, client }) => {
    const name = args[0] ?? flags.name
    if (name === '') throw new Fault('invalid', 'Missing the name of the peering: isthmus peering doctor NAME')
    const here = await fetchDiagnosis(client, name)
    const other = otherClient(client, flags['peer-http-addr'], flags['peer-token'])
    const findings = [...here.findings, ...(other === undefined ? [] : await fetchOtherEnd(other, here))]
    const broken = brokenHop(findings)
    present(io, flags.format, {
      json: {
        ...{
          Name: name,
          Datacenter: here.datacenter,
          Dials: here.dials,
          Broken: broken === undefined ? null : shown(broken),
        },
        Findings: findings.map(shown),
      },
      table: () => [HEADER, ...findings.map(rowOf)],
      pretty: () => [title(name, here), '', ...tableWithFixes(findings), '', conclusion(findings)].join('\n'),
    })
    return broken === undefined ? 0 : 1
  },
})

function otherClient(client: AgentClient, address: string, token: string): AgentClient | undefined {
  if (address === '') return undefined
  const { options } = client
  return createAgentClient({
    ...options,
    ...{
      address: parseAgentAddress(address, options.address.scheme === 'https'),
      addressFrom: '-peer-http-addr',
      token,
    },
    query: {},
  })
}

function title(name: string, { datacenter, dials }: Diagnosis): string {
  return `Peering of ${datacenter} with ${name}, which ${dials ? 'is dialled from here' : 'dials this cluster'}`
}

const HEADER = ['Result', 'Side', 'Check', 'What', 'Found']

const RESULTS = { ok: 'ok', warn: 'warn', failed: 'FAILED' } as const

function rowOf({ side, check, subject, result, message }: SidedFinding): readonly string[] {
  return [RESULTS[result], side, check, subject || '-', message]
}

/** What to try stands under what is wrong. */
function tableWithFixes(findings: readonly SidedFinding[]): readonly string[] {
  const [header = '', ...lines] = formatTable([HEADER, ...findings.map(rowOf)]).split('\n')
  const indent = ' '.repeat(header.indexOf('Found'))
  const rows = lines.map((line, i) => [line, ...(findings[i]?.fix ? [`${indent}fix: ${findings[i]?.fix}`] : [])])
  return [header, ...rows.flat()]
}

function conclusion(findings: readonly SidedFinding[]): string {
  const broken = brokenHop(findings)
  const warnings = findings.filter(each => each.result === 'warn').length
  const more = warnings === 0 ? '' : `; ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`
  if (broken === undefined) return `Nothing is broken${more}.`
  const count = findings.filter(each => each.result === 'failed').length
  const place = [broken.side, broken.check, broken.subject].filter(part => part !== '').join(', ')
  return `${count} of ${findings.length} checks failed${more}. The broken hop: ${place}: ${broken.message}`
}

function shown({ side, check, subject, result, message, fix }: SidedFinding) {
  return { Side: side, Check: check, Subject: subject, Result: result, Message: message, Fix: fix }
}
