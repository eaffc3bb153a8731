// Vitest runs this before tests that run sources in process but start threads, which Node can only load from dist/.
import { buildWorkers } from './build.ts'

export async function setup(): Promise<void> {
  await buildWorkers()
}
