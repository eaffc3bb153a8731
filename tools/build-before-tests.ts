// Vitest runs this before tests that start the real binary, so that they never see a bundle of older sources.
import { build } from './build.ts'

export default async function buildBeforeTests(): Promise<void> {
  await build()
}
