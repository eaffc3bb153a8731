// Other DNS servers, for names that are not of the mesh.

import { randomInt } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect, isIPv6 } from 'node:net'
import type { Carrier } from '../../core/dns/fit-records.ts'
import { TcpMessages, withLength } from './tcp-messages.ts'

export interface Recursor {
  readonly host: string
  readonly port: number
}

const PATIENCE_MS = 2_000

/** The answer of the first recursor that gives one, as bytes; undefined when none does. Never rejects. */
export async function askRecursors(
  recursors: readonly Recursor[],
  kind: Carrier['kind'],
  query: Buffer,
): Promise<Buffer | undefined> {
  for (const recursor of recursors) {
    // A number nobody can guess, so that only who was asked can answer.
    const own = randomInt(0x1_0000)
    const answer = await (kind === 'udp' ? overUdp : overTcp)(recursor, withId(query, own), own)
    if (answer !== undefined) return withId(answer, query.readUInt16BE(0))
  }
  return undefined
}

function overUdp({ host, port }: Recursor, query: Buffer, id: number): Promise<Buffer | undefined> {
  return new Promise(resolve => {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
    const end = (answer?: Buffer) => {
      clearTimeout(timer)
      socket.close()
      resolve(answer)
    }
    const timer = setTimeout(() => end(), PATIENCE_MS)
    socket.once('error', () => end())
    socket.on('message', answer => {
      if (isAnswer(answer, id)) end(answer)
    })
    // A connected socket takes messages of that peer only.
    socket.connect(port, host, () => socket.send(query))
  })
}

function overTcp({ host, port }: Recursor, query: Buffer, id: number): Promise<Buffer | undefined> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: PATIENCE_MS })
    const end = (answer?: Buffer) => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(() => end(), PATIENCE_MS)
    const messages = new TcpMessages(answer => {
      if (isAnswer(answer, id)) end(answer)
    })
    socket.on('data', chunk => messages.add(chunk))
    socket.once('error', () => end())
    socket.once('close', () => end())
    socket.write(withLength(query))
  })
}

function isAnswer(message: Buffer, id: number): boolean {
  return message.length >= 12 && message.readUInt16BE(0) === id && ((message[2] ?? 0) & 0x80) !== 0
}

function withId(message: Buffer, id: number): Buffer {
  const copy = Buffer.from(message)
  copy.writeUInt16BE(id)
  return copy
}
