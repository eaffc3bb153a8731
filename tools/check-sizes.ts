// Stops files that have grown past what one can hold in mind: 400 lines for sources, 800 for tests. There is no list of
// exceptions; a file that is too long is split by concept.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { isTest, report, sourceFiles } from './project-files.ts'

/** The files under `root` that are too long, as lines of a report. */
export function sizeProblems(root: string): readonly string[] {
  return sourceFiles(root).flatMap(file => {
    const limit = isTest(file) ? 800 : 400
    const lines = readFileSync(join(root, file), 'utf8').trimEnd().split('\n').length
    return lines > limit ? [`${file}: ${lines} lines, and ${limit} are allowed: split it by concept`] : []
  })
}

if (process.argv[1] === import.meta.filename) report('check-sizes', sizeProblems(process.cwd()))
