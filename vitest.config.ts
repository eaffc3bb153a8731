// One test project per file suffix: the suffix says what a test needs (nothing, sockets, Envoy, a real Consul).
import { defineConfig } from 'vitest/config'

const project = (name: string, include: string[], extra: object = {}) => ({
  extends: true as const,
  test: { name, include, exclude: ['**/node_modules/**', 'dist/**'], ...extra },
})
const slow = { testTimeout: 120_000, hookTimeout: 180_000 }

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      project('unit', ['src/**/*.test.ts', 'tools/**/*.test.ts', 'test/unit/**/*.test.ts'], {
        exclude: ['**/*.rim.test.ts', '**/*.envoy.test.ts', '**/*.oracle.test.ts', '**/node_modules/**'],
      }),
      project('rim', ['src/**/*.rim.test.ts', 'test/**/*.rim.test.ts'], { testTimeout: 60_000, hookTimeout: 60_000 }),
      project('envoy', ['test/**/*.envoy.test.ts'], { ...slow, fileParallelism: false }),
      project('oracle', ['test/**/*.oracle.test.ts'], { ...slow, fileParallelism: false }),
    ],
  },
})
