// What a change in one partition costs the proxies of others: nothing.

import { describe, expect, it } from 'vitest'
import {
  followProxy,
  instanceOf,
  readyProxy,
  registration,
  run,
  type Scenario,
  scenarioStore,
} from '../../../test/support/scenario.ts'
import { decodeEntry } from '../entries/index.ts'
import { instanceKey } from '../model/service.ts'

const SCENARIO: Scenario = {
  title: 'two partitions',
  partitions: ['finance'],
  services: [
    { gateway: 'gateway', at: '10.1.0.9:8443', wan: '198.18.0.1:443' },
    { gateway: 'gateway', at: '10.2.0.9:8443', wan: '198.18.0.2:443', partition: 'finance' },
    { sidecarOf: 'web', at: '10.1.0.1:20000' },
    { sidecarOf: 'billing', at: '10.2.0.1:20000', partition: 'finance' },
  ],
  proxy: 'web-sidecar-proxy',
}

/** Follows every proxy of the scenario; `changed` names those told of a change since it was last asked. */
function followAll() {
  const store = scenarioStore(SCENARIO)
  const told = new Set<string>()
  const watches = SCENARIO.services.map(service => {
    const instance = instanceOf(service)
    const name = `${instance.Partition}/${instance.ID}`
    const watch = followProxy(store, instanceKey(instance), { onChange: () => told.add(name) })
    readyProxy(watch)
    return watch
  })
  const changed = () => {
    const names = [...told].sort()
    for (const watch of watches) watch.current()
    told.clear()
    return names
  }
  changed()
  return { store, changed }
}

describe('a change in one partition', () => {
  it('of a service tells only the gateway of that partition', () => {
    const { store, changed } = followAll()
    run(store, registration({ sidecarOf: 'ledger', at: '10.2.0.2:20000', partition: 'finance' }, 'dc1'))
    expect(changed()).toEqual(['finance/gateway'])
    run(store, registration({ sidecarOf: 'shop', at: '10.1.0.2:20000' }, 'dc1'))
    expect(changed()).toEqual(['default/gateway'])
  })

  it('of its defaults tells only its own proxies', () => {
    const { store, changed } = followAll()
    const entry = decodeEntry({ Kind: 'proxy-defaults', Name: 'global', Partition: 'finance', Config: { a: 1 } })
    if (!entry.ok) throw new Error(JSON.stringify(entry.issues))
    run(store, { type: 'set-entry', entry: entry.value })
    const told = changed()
    expect(told).toContain('finance/billing-sidecar-proxy')
    expect(told.filter(name => name.startsWith('default/'))).toEqual([])
  })

  it('of its gateways tells the gateways that lead there', () => {
    const { store, changed } = followAll()
    run(store, registration({ gateway: 'second', at: '10.2.0.8:8443', partition: 'finance' }, 'dc1'))
    expect(changed()).toContain('default/gateway')
  })
})
