// The first line of a feed, as a client agent reads it.

import { Fault } from '../../core/model/fault.ts'
import { isRecord } from './is-record.ts'
import type { Welcome } from './protocol.ts'

/** Throws Fault('invalid') for anything that is not how a server begins. */
export function readWelcome(message: unknown): Welcome {
  const welcome = isRecord(message) ? message.welcome : undefined
  if (isRecord(welcome)) {
    const { lease, server, history, primaryDatacenter, defaultAllow, revision } = welcome
    const texts = [lease, server, history, primaryDatacenter]
    const isWhole = texts.every(text => typeof text === 'string' && text !== '') && typeof defaultAllow === 'boolean'
    if (isWhole && typeof revision === 'number' && Number.isSafeInteger(revision) && revision >= 0) {
      return {
        ...{ lease: String(lease), server: String(server), history: String(history) },
        ...{ primaryDatacenter: String(primaryDatacenter), defaultAllow, revision },
      }
    }
  }
  throw new Fault('invalid', 'the server did not begin as a server does')
}
