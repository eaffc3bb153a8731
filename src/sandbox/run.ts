// `isthmus sandbox`: brings a scenario up on this machine's loopback addresses, shows what happens in it, and stays.

import { resolve } from 'node:path'
import { type Command, defineCommand } from '../cli/define-command.ts'
import type { Sink } from '../cli/io.ts'
import { Fault } from '../core/model/fault.ts'
import { boolFlag, choiceFlag } from '../lib/go-flags.ts'
import { envoyVersion, locateEnvoy } from '../rim/envoy/locate-envoy.ts'
import { claimLoopback, type Loopback } from './loopback.ts'
import { isthmusProgram } from './program.ts'
import { closingText, hintsText, openingText, outcomeJson, type Style, styleFor, trialText } from './report.ts'
import type { Outcome, Scenario, Stage } from './scenario.ts'
import { scenarios } from './scenarios/index.ts'
import { Supervisor } from './supervisor.ts'

const names = scenarios.map(scenario => scenario.name)

const command = defineCommand({
  usage: 'sandbox [options] [SCENARIO]',
  help: `Brings a mesh up on loopback addresses, with agents, mesh gateways, sidecars and services, sends requests through it in
every mode and prints the way each one went. Stays up until Ctrl-C, which leaves nothing behind.

Scenarios:

${scenarios.map(each => `    ${each.name.padEnd(12)}${each.title}`).join('\n')}`,
  flags: {
    once: boolFlag(
      'End after the requests, with status 0 only if each came back from the right service the right way.',
    ),
    format: choiceFlag('With -once, how to print what happened: text or json.', ['text', 'json'], 'text'),
  },
  args: { min: 0, max: 1 },
  failure: 'Error running the sandbox',
  run: async ({ io, flags, args }) => {
    if (flags.format === 'json' && !flags.once) throw new Fault('invalid', '-format json needs -once')
    const scenario = scenarioNamed(args[0] ?? scenarios[0].name)
    const style = styleFor(process.stdout.isTTY === true && flags.format === 'text', io.env)
    const envoy = await locateEnvoy(io.env)
    if (envoy === undefined) throw new Fault('not-found', 'no Envoy found; `npm run setup` fetches one')

    // With JSON on standard output, progress goes where it does not disturb.
    const out = flags.format === 'json' ? io.stderr : io.stdout
    out.write(openingText(scenario, style))
    out.write(style.faint(`Envoy ${await envoyVersion(envoy.path)} (${envoy.path})\n`))
    return playScenario(scenario, { out, results: io.stdout, style, once: flags.once, json: flags.format === 'json' })
  },
})

/** The command takes its scenario before the options too, as people write it behind `npm run sandbox --`. */
export const sandbox: Command = {
  help: command.help,
  run(io) {
    const [first, ...rest] = io.args
    const isScenario = first !== undefined && !first.startsWith('-')
    return command.run(isScenario ? { ...io, args: [...rest, first] } : io)
  },
}

function scenarioNamed(name: string): Scenario {
  const scenario = scenarios.find(each => each.name === name)
  if (scenario !== undefined) return scenario
  throw new Fault('invalid', `there is no scenario "${name}"; there are ${names.join(', ')}`)
}

interface Showing {
  readonly out: Sink
  readonly results: Sink
  readonly style: Style
  readonly once: boolean
  readonly json: boolean
}

async function playScenario(scenario: Scenario, showing: Showing): Promise<number> {
  const { out, style } = showing
  const loopback = await claimLoopback(scenario.network)
  const supervisor = new Supervisor('isthmus-sandbox')
  const interruption = interruptible()
  const closers: (() => Promise<void>)[] = []
  try {
    const { signal } = interruption
    const outcome = await scenario.run(stageFor(scenario, showing, { supervisor, loopback, signal, closers }))
    const isGood = outcome.trials.every(trial => trial.problems.length === 0)
    out.write(closingText(outcome, style))
    if (showing.json) showing.results.write(outcomeJson(scenario, outcome))
    if (!showing.once) await stay(supervisor, outcome, { ...showing, signal })
    return isGood ? 0 : 1
  } catch (error) {
    if (!interruption.signal.aborted) throw error
    return INTERRUPTED
  } finally {
    await interruption.whileEnding(async () => {
      await supervisor.stop()
      await Promise.all([...closers, loopback.release].map(close => close()))
    })
  }
}

const INTERRUPTED = 130

interface Means {
  readonly supervisor: Supervisor
  readonly loopback: Loopback
  readonly signal: AbortSignal
  readonly closers: (() => Promise<void>)[]
}

function stageFor(scenario: Scenario, { out, style }: Showing, means: Means): Stage {
  const { supervisor, loopback, signal, closers } = means
  let steps = 0
  return {
    supervisor,
    signal,
    program: isthmusProgram(resolve(process.argv[1] ?? ''), supervisor),
    loopback,
    atEnd: close => void closers.push(close),
    show: (trial, abbreviations) => void out.write(trialText(trial, abbreviations, style)),
    step: async (title, work) => {
      steps += 1
      out.write(`[${steps}/${scenario.steps}] ${title}: `)
      const started = performance.now()
      try {
        const { done, value } = await work()
        out.write(`${done} ${style.faint(`(${((performance.now() - started) / 1000).toFixed(1)} s)`)}\n`)
        return value
      } catch (error) {
        out.write(`${signal.aborted ? 'interrupted' : style.bad('failed')}\n`)
        throw error
      }
    },
  }
}

/** Prints what to try and waits for Ctrl-C. Processes that end before are reported. */
async function stay(
  supervisor: Supervisor,
  outcome: Outcome,
  { out, style, signal }: Showing & { readonly signal: AbortSignal },
): Promise<void> {
  out.write(hintsText(outcome.hints, supervisor.folder, style))
  for (const child of supervisor.children) {
    void child.exited.then(status => {
      if (!signal.aborted) out.write(`${child.name} ended with status ${status}; its log is ${child.logFile}\n`)
    })
  }
  await aborted(signal)
  out.write('\nEnding everything.\n')
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve()
  return new Promise(resolve => signal.addEventListener('abort', () => resolve(), { once: true }))
}

/** Turns the first request to end into an abort; while things are ended, further ones change nothing. */
function interruptible() {
  const aborter = new AbortController()
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const abort = () => aborter.abort()
  for (const name of signals) process.on(name, abort)
  return {
    signal: aborter.signal,
    whileEnding: async (work: () => Promise<void>) => {
      await work().finally(() => {
        for (const name of signals) process.off(name, abort)
      })
    },
  }
}
