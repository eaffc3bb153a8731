// `isthmus peering read`.

import { type Fields, fields, list, text, texts } from '../../answer.ts'
import { defineApiCommand } from '../../define-api-command.ts'
import { formatFields, formatFlag, present } from '../../output.ts'
import { fetchPeering, nameFlag, requireFlag } from './flags.ts'

export const peeringRead = defineApiCommand({
  usage: 'peering read [options] -name NAME',
  help: 'Prints a peering: its state, where the other cluster is, what is shared, and what is wrong if it does not work.',
  flags: { name: nameFlag, format: formatFlag },
  api: 'server',
  failure: 'Error reading peering',
  run: async ({ io, flags, client }) => {
    requireFlag('name', flags.name)
    const answer = await fetchPeering(client, flags.name)
    present(io, flags.format, { json: answer.text, pretty: () => pretty(fields(answer.value)) })
    return 0
  },
})

function pretty(peering: Fields): string {
  const stream = fields(peering.StreamStatus)
  const meta = Object.entries(fields(peering.Meta)).map(([key, value]) => `${key}=${text(value)}`)
  return [
    formatFields([
      ['Name', text(peering.Name)],
      ['ID', text(peering.ID)],
      ['Partition', text(peering.Partition)],
      ['DeletedAt', text(peering.DeletedAt)],
      ['State', text(peering.State)],
      ['Problem', text(stream.LastError)],
      ['Next try', text(stream.NextTry)],
    ]),
    ...indented('Meta', meta),
    '',
    `Peer ID:               ${text(peering.PeerID)}`,
    `Peer Server Name:      ${text(peering.PeerServerName)}`,
    `Peer CA Pems:          ${texts(peering.PeerCAPems).length}`,
    ...indented('Peer Server Addresses', texts(peering.PeerServerAddresses)),
    '',
    `Imported Services: ${texts(stream.ImportedServices).length}`,
    `Exported Services: ${texts(stream.ExportedServices).length}`,
    ...(stream.Stale === true ? ['What was imported may be old: the link is down.'] : []),
    ...list(stream.Refusals).map(refusalLine),
    '',
    `Last Heartbeat:    ${text(stream.LastHeartbeat) || 'never'}`,
    `Last Send:         ${text(stream.LastSend) || 'never'}`,
    `Last Receive:      ${text(stream.LastReceive) || 'never'}`,
    '',
    `Create Index: ${text(peering.CreateIndex)}`,
    `Modify Index: ${text(peering.ModifyIndex)}`,
  ].join('\n')
}

function refusalLine({ By, Resource, Reason }: Fields): string {
  const who = By === 'us' ? 'This cluster refuses what the peer sends' : 'The peer refuses what it is sent'
  return `${who}: ${text(Resource)}: ${text(Reason)}`
}

function indented(title: string, values: readonly string[]): readonly string[] {
  return values.length === 0 ? [] : [`${title}:`, ...values.map(value => `    ${value}`)]
}
