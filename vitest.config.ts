// One test project per file suffix: the suffix says what a test needs (nothing, sockets, Envoy, a real Consul).
import { defineConfig } from 'vitest/config'
import { summaryReporter } from './tools/summary-reporter.ts'

const project = (name: string, include: string[], extra: object = {}) => ({
  extends: true as const,
  test: { name, include, exclude: ['**/node_modules/**', 'dist/**'], ...extra },
})
const slow = { testTimeout: 120_000, hookTimeout: 180_000, fileParallelism: false }

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    reporters: ['default', summaryReporter()],
    projects: [
      project('unit', ['{src,tools,test/unit}/**/*.test.ts'], {
        exclude: ['**/*.{rim,envoy,oracle}.test.ts', '**/node_modules/**'],
      }),
      project('rim', ['{src,tools,test}/**/*.rim.test.ts'], {
        testTimeout: 60_000,
        hookTimeout: 60_000,
        globalSetup: 'tools/build-workers-before-tests.ts',
      }),
      project('envoy', ['test/**/*.envoy.test.ts'], { ...slow, globalSetup: 'tools/build-all-before-tests.ts' }),
      project('oracle', ['test/**/*.oracle.test.ts'], { ...slow, globalSetup: 'tools/build-all-before-tests.ts' }),
    ],
  },
})
