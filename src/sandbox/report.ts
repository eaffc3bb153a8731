// How a scenario is shown to people: steps with their times, the ways that requests went, what to try next. Only text is
// made here; colour only where the reader has it.

import type { Hop } from './access-log.ts'
import type { Hint, Outcome, Scenario, Trial } from './scenario.ts'

export interface Style {
  readonly good: (text: string) => string
  readonly bad: (text: string) => string
  readonly faint: (text: string) => string
  readonly strong: (text: string) => string
}

const plain: Style = { good: same, bad: same, faint: same, strong: same }
const coloured: Style = { good: sgr(32), bad: sgr(31), faint: sgr(2), strong: sgr(1) }

/** Colour for terminals, unless NO_COLOR asks for none. */
export function styleFor(isTerminal: boolean, env: Readonly<Record<string, string | undefined>>): Style {
  return isTerminal && !env.NO_COLOR && env.TERM !== 'dumb' ? coloured : plain
}

export function openingText(scenario: Scenario, style: Style): string {
  return `${style.strong(`Isthmus sandbox: ${scenario.title}`)}\n${scenario.picture.trimEnd()}\n\n`
}

/** Shortens what is long and always the same, such as the trust domain. */
export function shorten(text: string, abbreviations: Outcome['abbreviations']): string {
  let short = text
  for (const [long, name] of abbreviations) if (long !== '') short = short.replaceAll(long, name)
  return short
}

/** A trial: title, one line for each hop, the identities at both ends, and what is wrong. */
export function trialText(trial: Trial, abbreviations: Outcome['abbreviations'], style: Style): string {
  const isGood = trial.problems.length === 0
  const mark = isGood ? style.good('✓') : style.bad('✗')
  const lines = [
    `${mark} ${style.strong(trial.title.padEnd(12))}  ${trial.answer}`,
    ...hopLines(trial.hops).map(line => `    ${line}`),
    ...identityLines(trial.hops).map(line => `    ${line}`),
    ...trial.problems.map(problem => `    ${style.bad(problem)}`),
  ]
  return `\n${shorten(lines.join('\n'), abbreviations)}\n`
}

export function closingText(outcome: Outcome, style: Style): string {
  const good = outcome.trials.filter(trial => trial.problems.length === 0).length
  const all = outcome.trials.length
  const verdict = `${good} of ${all} requests came back from the right service by the expected hops`
  const legend = [...outcome.abbreviations].map(([long, name]) => `${name} is ${long}`).join(', ')
  return `\n${good === all ? style.good(verdict) : style.bad(verdict)}${legend === '' ? '' : style.faint(` (${legend})`)}\n`
}

/** What to try next, and how to end. */
export function hintsText(hints: readonly Hint[], folder: string, style: Style): string {
  const width = Math.max(0, ...hints.map(hint => hint.command.length))
  const lines = hints.map(({ command, why }) => `  ${command.padEnd(width)}  ${style.faint(`# ${why}`)}`)
  return `
Try next, in another terminal:

${lines.join('\n')}

Configuration files, data and logs are in ${folder}. Ctrl-C ends everything and removes it.
`
}

/** The whole outcome for machines. */
export function outcomeJson(scenario: Scenario, outcome: Outcome): string {
  const isGood = outcome.trials.every(trial => trial.problems.length === 0)
  const trials = outcome.trials.map(({ title, answer, hops, expected, problems }) => ({
    title,
    answer,
    hops: hops.map(({ proxy, connection, sni }) => ({ proxy, ...connection, sni })),
    expected,
    problems,
  }))
  return `${JSON.stringify({ scenario: scenario.name, passed: isGood, trials }, null, 2)}\n`
}

function hopLines(hops: readonly Hop[]): readonly string[] {
  const rows = hops.map(({ proxy, connection, sni }, i) => [
    `${i + 1}  ${proxy}`,
    connection.at,
    `-> ${connection.to || '(nowhere)'}`,
    sni === '' ? '' : `SNI ${sni}`,
  ])
  const widths = [0, 1, 2].map(column => Math.max(0, ...rows.map(row => row[column]?.length ?? 0)))
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}

/** Who is at the two ends of each TLS connection on the way: one, unless a gateway ends it and opens another. */
function identityLines(hops: readonly Hop[]): readonly string[] {
  const callers = hops.flatMap(({ connection }) => connection.caller || [])
  const answerers = hops.flatMap(({ connection }) => connection.answerer || [])
  return Array.from({ length: Math.max(callers.length, answerers.length) }).flatMap((_, i) => [
    ...(callers[i] === undefined ? [] : [`client  ${callers[i]}`]),
    ...(answerers[i] === undefined ? [] : [`server  ${answerers[i]}`]),
  ])
}

function same(text: string): string {
  return text
}

function sgr(code: number): (text: string) => string {
  return text => `\u001b[${code}m${text}\u001b[0m`
}
