// Prints how many tests passed and failed as the very last line of a run, in the form that build servers read:
// `N passed, N failed`, with `, N skipped` where some were. Detail is left to vitest's own reporters.
import { writeSync } from 'node:fs'
import type { Reporter, TestModule } from 'vitest/node'

/** The reporter. A file or suite that breaks outside its tests, and an error outside any, counts as one failed test. */
export function summaryReporter(): Reporter {
  const counts = { passed: 0, failed: 0, skipped: 0 }
  return {
    onInit() {
      process.once('exit', () => writeSync(process.stdout.fd, `${summaryLine(counts)}\n`))
    },
    onTestRunEnd(modules, unhandledErrors, reason) {
      const states = modules.flatMap(statesOf)
      counts.passed = states.filter(state => state === 'passed').length
      counts.skipped = states.filter(state => state === 'skipped').length
      counts.failed = states.filter(state => state === 'failed').length + unhandledErrors.length
      if (reason !== 'passed' && counts.failed === 0) counts.failed = 1
    },
  }
}

interface Counts {
  readonly passed: number
  readonly failed: number
  readonly skipped: number
}

function summaryLine({ passed, failed, skipped }: Counts): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`
}

type State = 'passed' | 'failed' | 'skipped'

/** One state per test, and one `failed` per file or suite with errors of its own; a test that never ended has failed. */
function statesOf(module: TestModule): readonly State[] {
  const broken = [module, ...module.children.allSuites()].filter(suite => suite.errors().length > 0)
  const tests = [...module.children.allTests()].map(test => test.result().state)
  return [...broken.map(() => 'failed' as const), ...tests.map(state => (state === 'pending' ? 'failed' : state))]
}
