// Diagnoses of a peering as agents give them: ours, and that of the other cluster, which may know nothing of diagnoses.

import { Fault } from '../../../core/model/fault.ts'
import { CHECKS, type Finding, failed, ok, warn } from '../../../core/peering/doctor/finding.ts'
import { type AgentClient, apiPath, refusalOf } from '../../../rim/client/agent-client.ts'
import { type Fields, fields, list, text } from '../../answer.ts'

export interface SidedFinding extends Finding {
  /** Which of the two clusters says so. */
  readonly side: 'here' | 'there'
}

export interface Diagnosis {
  readonly id: string
  readonly peerId: string
  readonly dials: boolean
  readonly datacenter: string
  readonly findings: readonly SidedFinding[]
}

/** What our own cluster says. Throws Fault('not-found') when it has no peering of that name. */
export async function fetchDiagnosis(client: AgentClient, name: string): Promise<Diagnosis> {
  const answer = await client.send({ path: apiPath('v1', 'internal', 'peering', name, 'diagnosis') })
  if (answer.status === 404 && answer.text.startsWith('Peering not found')) {
    throw new Fault('not-found', `No peering with name ${name} found.`)
  }
  if (answer.status !== 200) throw refusalOf(answer)
  return diagnosisOf(fields(JSON.parse(answer.text)), 'here')
}

/** What the other cluster says of the same peering; that it says nothing is a finding too. */
export async function fetchOtherEnd(client: AgentClient, here: Diagnosis): Promise<readonly SidedFinding[]> {
  try {
    const peerings = list(await client.json({ path: '/v1/peerings' }))
    const same = peerings.find(each => isSame(each, here))
    if (same === undefined) return there([orphan(here)])
    const path = apiPath('v1', 'internal', 'peering', text(same.Name), 'diagnosis')
    const answer = await client.send({ path })
    if (answer.status === 200) return diagnosisOf(fields(JSON.parse(answer.text)), 'there').findings
    return there(plainFindings(same))
  } catch (error) {
    if (!(error instanceof Fault)) throw error
    return there([
      warn('state', '', `the other cluster cannot be asked: ${error.message}`, 'see -peer-http-addr and -peer-token'),
    ])
  }
}

/** The two records of one peering: the side that dials knows the id of the other's. */
function isSame(theirs: Fields, { id, peerId, dials }: Diagnosis): boolean {
  return dials ? text(theirs.ID) === peerId : text(theirs.PeerID) === id
}

function orphan({ dials }: Diagnosis): Finding {
  const message = 'the other cluster has no peering that belongs to this one'
  const where = dials
    ? 'make a new token there, and establish the peering with it again'
    : 'make a new token here for it'
  return failed('state', '', message, `is it the right cluster? If it is: ${where}`)
}

/** What a cluster without a doctor, such as one of Consul, says. */
function plainFindings(peering: Fields): readonly Finding[] {
  const stream = fields(peering.StreamStatus)
  const state = text(peering.State)
  const isGood = state === 'ACTIVE'
  const message = `${state}, says the other cluster, which can say no more`
  const heard = text(stream.LastHeartbeat)
  return [
    isGood ? ok('state', '', message) : failed('state', '', message, 'see the log of its servers'),
    ...(heard === '' ? [] : [ok('heartbeat', '', `the other cluster had the last one at ${heard}`)]),
  ]
}

function diagnosisOf(answer: Fields, side: SidedFinding['side']): Diagnosis {
  return {
    id: text(answer.ID),
    peerId: text(answer.PeerID),
    dials: answer.Dials === true,
    datacenter: text(answer.Datacenter),
    findings: list(answer.Findings).map(each => ({ ...findingOf(each), side })),
  }
}

function findingOf(each: Fields): Finding {
  const check = CHECKS.find(name => name === each.Check) ?? 'state'
  const [subject, message, fix] = [text(each.Subject), text(each.Message), text(each.Fix)]
  const result = each.Result === 'ok' || each.Result === 'warn' ? each.Result : 'failed'
  return { check, subject, result, message, fix }
}

function there(findings: readonly Finding[]): readonly SidedFinding[] {
  return findings.map(each => ({ ...each, side: 'there' }))
}
