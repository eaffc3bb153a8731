// The project's own files, for the checks, and how a check says what it found.
import { readdirSync } from 'node:fs'
import { join } from 'node:path'

const skipped = new Set(['node_modules', 'dist', '.git', '.cache', 'gen'])

/** All files under `folder` of `root` whose names match, as paths from `root` with `/`, sorted; none if it is missing. */
export function filesUnder(root: string, folder: string, name: RegExp): readonly string[] {
  const files: string[] = []
  const walk = (path: string): void => {
    for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
      const child = path ? `${path}/${entry.name}` : entry.name
      if (entry.isDirectory() && !skipped.has(entry.name)) walk(child)
      if (entry.isFile() && name.test(entry.name)) files.push(child)
    }
  }
  try {
    walk(folder)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error
  }
  return files.sort()
}

/** The sources a person writes: TypeScript of the product, its tests and its tools. */
export function sourceFiles(root: string): readonly string[] {
  return ['src', 'test', 'tools', 'bench', 'ui'].flatMap(folder => filesUnder(root, folder, /\.(ts|tsx|mjs)$/))
}

/** Whether a file is a test or helps tests. */
export function isTest(file: string): boolean {
  return file.endsWith('.test.ts') || file.startsWith('test/')
}

/** Ends a check: prints what was found, one line each, and sets the exit status. */
export function report(check: string, problems: readonly string[]): void {
  for (const problem of problems) console.error(problem)
  console.log(`${check}: ${problems.length === 0 ? 'ok' : `${problems.length} problems`}`)
  if (problems.length > 0) process.exitCode = 1
}
