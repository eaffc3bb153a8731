// Prints the set-up's steps: which one of how many, what came of it, how long it took.

/**
 * Runs one step and prints its line: the title at once, then the few words that `work` returns. A failed step ends the
 * process with its message and status 1.
 * @param {string} title such as `[2/5] npm packages`
 * @param {() => string | Promise<string>} work
 */
export async function step(title, work) {
  process.stdout.write(`${title}: `)
  const started = performance.now()
  try {
    const outcome = await work()
    process.stdout.write(`${outcome} (${((performance.now() - started) / 1000).toFixed(1)} s)\n`)
  } catch (error) {
    process.stdout.write('failed\n')
    console.error(error instanceof Error ? error.message : error)
    process.exit(1)
  }
}
