// Dialling a peer that does not answer as it should, and giving up at any moment.

import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer as createTcpServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer } from 'node:tls'
import { describe, expect, it, onTestFinished } from 'vitest'
import { listenOnLoopback } from '../../../test/support/loopback.ts'
import { tlsFilesIn } from '../../../test/support/tls-files.ts'
import { connectPeer } from './peer-client.ts'

/** A peer that greets, and then says nothing. */
async function startSilentPeer(onGreeted: () => void) {
  const folder = mkdtempSync(join(tmpdir(), 'isthmus-peer-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const files = tlsFilesIn(folder).issue('peer', ['server.dc1.peer'])
  const read = (path: string) => readFileSync(path, 'utf8')
  const server = createServer({ cert: read(files.cert_file), key: read(files.key_file), ALPNProtocols: ['h2'] })
  server.on('secureConnection', socket => {
    socket.on('error', () => {})
    socket.resume()
    onGreeted()
  })
  const port = await listenOnLoopback(server)
  return {
    address: `127.0.0.1:${port}`,
    servers: { serverName: 'server.dc1.peer', authorities: [read(files.ca_file)] },
  }
}

describe('dialling a peer', () => {
  it('that only greets is given up after a while', async () => {
    const { address, servers } = await startSilentPeer(() => {})
    await expect(connectPeer(address, servers, new AbortController().signal)).rejects.toThrow(
      'no answer within 3 seconds',
    )
  })

  it('can be given up while it is under way, whenever that is', async () => {
    for (const greetings of [1, 2]) {
      const abort = new AbortController()
      let greeted = 0
      const { address, servers } = await startSilentPeer(() => {
        greeted += 1
        if (greeted === greetings) setTimeout(() => abort.abort(), 50)
      })
      await expect(connectPeer(address, servers, abort.signal)).rejects.toMatchObject({ code: 'unavailable' })
    }
  })

  it('is not begun for whoever has given up before', async () => {
    const address = `127.0.0.1:${await listenOnLoopback(createTcpServer())}`
    const servers = { serverName: 'server.dc1.peer', authorities: [] }
    await expect(connectPeer(address, servers, AbortSignal.abort())).rejects.toMatchObject({ code: 'unavailable' })
  })
})
