// Compares the way a request went with the way it should have gone. Pure.

import type { Hop, LoggedConnection } from './access-log.ts'

/** What is expected of one hop; fields left out may be anything. */
export interface ExpectedHop extends Partial<LoggedConnection> {
  readonly proxy: string
}

export interface Expectation {
  readonly answer: string
  readonly hops: readonly ExpectedHop[]
}

/** The differences as sentences; none when everything is as expected. */
export function judge(expected: Expectation, hops: readonly Hop[], answer: string): readonly string[] {
  const problems = answer === expected.answer ? [] : [`the answer is "${answer}", and should be "${expected.answer}"`]
  const way = expected.hops.map(hop => hop.proxy)
  const went = hops.map(hop => hop.proxy)
  if (way.join() !== went.join()) {
    problems.push(`the way was ${path(went)}, and should be ${path(way)}`)
    return problems
  }
  return [...problems, ...expected.hops.flatMap((hop, i) => differences(hop, hops[i]))]
}

function differences({ proxy, ...fields }: ExpectedHop, hop: Hop | undefined): readonly string[] {
  const actual: Readonly<Record<string, string>> = { ...hop?.connection, sni: hop?.sni ?? '' }
  return Object.entries(fields).flatMap(([name, wanted]) =>
    actual[name] === wanted ? [] : [`${proxy}: ${name} is "${actual[name] ?? ''}", and should be "${wanted}"`],
  )
}

function path(proxies: readonly string[]): string {
  return proxies.length === 0 ? 'through no proxy' : proxies.join(' -> ')
}
