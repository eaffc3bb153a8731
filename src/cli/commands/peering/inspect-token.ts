// `isthmus peering inspect-token`: needs no agent, but asks one for the trust domain of the cluster if told to.

import { Fault } from '../../../core/model/fault.ts'
import { inspectToken, type TokenFinding } from '../../../core/peering/inspect-token.ts'
import { decodeToken, type PeeringToken } from '../../../core/peering/token.ts'
import { boolFlag } from '../../../lib/go-flags.ts'
import { describeIssues } from '../../../lib/schema.ts'
import { readCertificate } from '../../../lib/x509/read-certificate.ts'
import { rfc3339 } from '../../../lib/x509/time.ts'
import type { AgentClient } from '../../../rim/client/agent-client.ts'
import { fields, text } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { formatFields, formatFlag, present } from '../../output.ts'
import { readToken } from './read-token.ts'

export const peeringInspectToken = defineApiCommand({
  usage: 'peering inspect-token [options] TOKEN',
  help: `Shows what a peering token says, without its secret, and what is wrong with it: addresses that only its own network
reaches, authorities whose time is over, a token of this very cluster. TOKEN is the token, @FILE or - for standard
input. Works without an agent. Exits with 1 when nobody can use the token.

Example:

    $ isthmus peering inspect-token @token.txt`,
  flags: {
    here: boolFlag('Ask the agent for its trust domain, to find tokens that were made in its own cluster.'),
    format: formatFlag,
  },
  args: { min: 1, max: 1 },
  api: 'agent',
  failure: 'Error inspecting peering token',
  run: async ({ io, flags, args, client }) => {
    const decoded = decodeToken(await readToken(io, args[0]!))
    if (!decoded.ok) {
      const issues = decoded.issues.map(({ path, message }) => ({ path: path || 'PeeringToken', message }))
      throw new Fault('invalid', `this token cannot be used: ${describeIssues(issues)}`)
    }
    const token = decoded.value
    const ownTrustDomain = flags.here ? await trustDomainOf(client) : ''
    const findings = inspectToken(token, { now: Date.now(), ownTrustDomain })
    present(io, flags.format, {
      json: { ...withoutSecret(token), Findings: findings.map(shown) },
      table: () => [
        ['Severity', 'Field', 'Finding'],
        ...findings.map(each => [each.severity, each.field, each.message]),
      ],
      pretty: () => [describe(token), '', ...conclusion(findings)].join('\n'),
    })
    return findings.some(each => each.severity === 'error') ? 1 : 0
  },
})

async function trustDomainOf(client: AgentClient): Promise<string> {
  return text(fields(await client.json({ path: '/v1/connect/ca/roots' })).TrustDomain)
}

function withoutSecret({ EstablishmentSecret: _, ...rest }: PeeringToken): object {
  return rest
}

function shown({ severity, field, message }: TokenFinding): object {
  return { Severity: severity, Field: field, Message: message }
}

function describe(token: PeeringToken): string {
  const authorities = token.CA.map(pem => {
    const read = readCertificate(pem.trim())
    return read.ok ? `${read.value.subjectCommonName} (until ${rfc3339(read.value.notAfter)})` : '?'
  })
  return formatFields([
    ['Peer ID', token.PeerID],
    ['Server name', token.ServerName],
    ['Server addresses', token.ServerAddresses.join(', ')],
    ['Manual addresses', token.ManualServerAddresses.join(', ')],
    ['Datacenter', token.Remote.Datacenter],
    ['Partition', token.Remote.Partition],
    ['Authorities', authorities.join(', ')],
    ['Secret', 'present; works once'],
  ])
}

function conclusion(findings: readonly TokenFinding[]): readonly string[] {
  if (findings.length === 0) return ['Nothing is wrong with this token.']
  return findings.map(
    ({ severity, field, message }) => `${severity === 'error' ? 'ERROR  ' : 'WARNING'}  ${field}: ${message}`,
  )
}
