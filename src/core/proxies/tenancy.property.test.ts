// Random tenants side by side: what a proxy is told holds nothing of another partition that is not exported to its own.

import fc from 'fast-check'
import { expect, it } from 'vitest'
import { resourceText } from '../../../test/support/resource-text.ts'
import { followProxy, readyProxy, scenarioStore } from '../../../test/support/scenario.ts'
import { exportsIn, marksIn, runAll, type World, world } from '../../../test/support/tenants.ts'
import type { Store } from '../store/store.ts'
import { ProxyBuild } from './follow.ts'

const EMPTY = { title: 'tenants', services: [], proxy: '' }

function told(store: Store, key: string): string {
  const watch = followProxy(store, key)
  const ready = readyProxy(watch)
  const text = resourceText(new ProxyBuild().build(ready), {})
  watch.close()
  return `${text}\n${JSON.stringify(ready.issues)}`
}

/** Marks in what proxies are told that belong to somebody who shows them to nobody there. */
function leaks({ commands, owners, proxies }: World) {
  const store = scenarioStore(EMPTY)
  runAll(store, commands)
  const isExported = exportsIn(store)
  return [...proxies].flatMap(([key, proxy]) => {
    const text = told(store, key)
    return marksIn(text).flatMap(mark => {
      const owner = owners.get(mark)
      if (owner === undefined || owner.partition === proxy.Partition || owner.isGateway) return []
      return isExported(owner, proxy.Partition)
        ? []
        : [{ proxy: key, owner, line: text.split('\n').find(line => line.includes(mark)) }]
    })
  })
}

it('a proxy is told of its own partition, of gateways, and of what others export to it', () => {
  fc.assert(
    fc.property(world, it => {
      expect(leaks(it)).toEqual([])
    }),
    { numRuns: 25 },
  )
}, 60_000)
