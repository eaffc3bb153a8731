// Every scenario against its golden file; see test/scenarios/README.md.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { resourceTypes } from '../../src/core/envoy/resource.ts'
import { ProxyBuild } from '../../src/core/proxies/follow.ts'
import { consistent } from '../../src/core/xds/consistent.ts'
import { resourceText } from '../support/resource-text.ts'
import { followProxy, proxyKey, readScenario, readyProxy, type Scenario, scenarioStore } from '../support/scenario.ts'

const folder = new URL('../scenarios/', import.meta.url).pathname
const update = process.env.UPDATE_GOLDEN === '1'

const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.yaml') && !file.endsWith('.golden.yaml') && !file.includes('/_'))
  .sort()

describe.each(files)('%s', file => {
  const path = `${folder}${file}`
  const scenario = readScenario(path)

  it('gives the golden resources', () => {
    const golden = path.replace(/\.yaml$/, '.golden.yaml')
    const text = resourceText(build(scenario).set, scenario)
    if (update) writeFileSync(golden, text)
    expect(existsSync(golden), 'UPDATE_GOLDEN=1 writes it').toBe(true)
    expect(text).toBe(readFileSync(golden, 'utf8'))
  })

  it('gives resources that belong together and that Envoy accepts', () => {
    const { set, ready } = build(scenario)
    expect(consistent(set, { unknownEndpoints: new Set(scenario.unknown) })).toEqual([])
    expect(ready.issues.map(issue => `${issue.path}: ${issue.message}`)).toEqual(scenario.issues ?? [])
  })

  it('gives the same lists when built again', () => {
    const { set, again } = build(scenario)
    for (const type of resourceTypes) expect(again[type]).toBe(set[type])
  })
})

function build(scenario: Scenario) {
  const store = scenarioStore(scenario)
  const ready = readyProxy(followProxy(store, proxyKey(scenario)))
  const builds = new ProxyBuild()
  return { ready, set: builds.build(ready), again: builds.build(ready) }
}
