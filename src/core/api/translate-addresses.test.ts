import { describe, expect, it } from 'vitest'
import { translateAddresses } from './translate-addresses.ts'

const node = { Node: 'n', Address: '10.0.0.1', Datacenter: 'dc2', TaggedAddresses: { lan: '10.0.0.1', wan: '1.1.1.1' } }
const plainNode = { ...node, TaggedAddresses: null }
const service = {
  ID: 'web',
  Address: '10.0.0.2',
  Port: 80,
  TaggedAddresses: { wan: { Address: '2.2.2.2', Port: 8080 } },
}

describe('translating addresses of another datacenter', () => {
  it('puts WAN addresses in place of nodes and services with health', () => {
    const check = { Node: 'n', CheckID: 'c' }
    expect(translateAddresses([{ Node: node, Service: service, Checks: [check] }])).toEqual([
      {
        Node: { ...node, Address: '1.1.1.1' },
        Service: { ...service, Address: '2.2.2.2', Port: 8080 },
        Checks: [check],
      },
    ])
  })

  it('keeps the port where the WAN address has none', () => {
    const [row] = translateAddresses([
      { Node: plainNode, Service: { ...service, TaggedAddresses: { wan: { Address: '2.2.2.2', Port: 0 } } } },
    ]) as { Service: object }[]
    expect(row?.Service).toMatchObject({ Address: '2.2.2.2', Port: 80 })
  })

  it('changes flat service nodes, nodes, and nodes with services', () => {
    const flat = {
      ...node,
      ServiceAddress: '10.0.0.2',
      ServicePort: 80,
      ServiceTaggedAddresses: { wan: { Address: '2.2.2.2', Port: 8080 } },
    }
    expect(translateAddresses([flat])).toMatchObject([
      { Address: '1.1.1.1', ServiceAddress: '2.2.2.2', ServicePort: 8080 },
    ])
    expect(translateAddresses([node])).toMatchObject([{ Address: '1.1.1.1' }])
    expect(translateAddresses({ Node: node, Services: { web: service } })).toMatchObject({
      Services: { web: { Port: 8080 } },
    })
    expect(translateAddresses({ Node: node, Services: [service] })).toMatchObject({
      Services: [{ Address: '2.2.2.2' }],
    })
  })

  it('leaves alone what has no WAN address and what is no row', () => {
    for (const json of [[plainNode], null, ['dc1'], { web: ['tag'] }, { Node: null, Services: [] }]) {
      expect(translateAddresses(json)).toEqual(json)
    }
  })

  it('takes tagged addresses of any name for what they are', () => {
    const odd = JSON.parse('[{"Node":"n","Address":"10.0.0.1","Datacenter":"dc2","TaggedAddresses":{"__proto__":"x"}}]')
    expect(translateAddresses(odd)).toEqual(odd)
  })
})
