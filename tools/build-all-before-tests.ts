// Vitest runs this before tests that start the real binary, so that they never see a bundle of older sources.
import { build } from './build.ts'

export async function setup(): Promise<void> {
  await build()
}
