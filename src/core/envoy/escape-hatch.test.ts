import { describe, expect, it } from 'vitest'
import { ClusterSchema } from '../../gen/envoy/config/cluster/v3/cluster_pb.ts'
import { readHatch } from './escape-hatch.ts'

const TYPE = 'type.googleapis.com/envoy.config.cluster.v3.Cluster'

function problem(text: string): string {
  const hatch = readHatch(ClusterSchema, text)
  return hatch.ok ? '' : hatch.problem
}

describe('readHatch', () => {
  it('reads camelCase and snake_case fields', () => {
    const hatch = readHatch(ClusterSchema, JSON.stringify({ '@type': TYPE, name: 'x', connect_timeout: '5s' }))
    expect(hatch.ok && hatch.message.name).toBe('x')
    expect(hatch.ok && hatch.message.connectTimeout?.seconds).toBe(5n)
  })

  it('wants to be told the type', () => {
    expect(problem('{"name":"x"}')).toBe(`has no "@type"; expected "${TYPE}"`)
  })

  it('refuses another type', () => {
    expect(problem('{"@type":"x.y/Z"}')).toBe(`has "@type" "x.y/Z"; expected "${TYPE}"`)
  })

  it.each(['', '[]', 'null', '{"@type"'])('refuses %j, which is not an object', text => {
    expect(problem(text)).toBe('is not a JSON object')
  })

  it('names an unknown field', () => {
    expect(problem(JSON.stringify({ '@type': TYPE, nam: 'x' }))).toContain('key "nam" is unknown')
  })

  it('refuses extensions that it does not know', () => {
    const socket = { name: 'x', typedConfig: { '@type': 'type.googleapis.com/unknown.Type' } }
    expect(problem(JSON.stringify({ '@type': TYPE, transportSocket: socket }))).toContain('unknown.Type')
  })
})
