// Checks that documents tell the truth about files: relative links lead somewhere, paths in backticks exist, and
// decision records are numbered once each.
import { existsSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { filesUnder, report } from './project-files.ts'

/** What is wrong in the Markdown files under `root`, one line per finding. */
export function docProblems(root: string): readonly string[] {
  const files = filesUnder(root, '', /\.md$/)
  return [...files.flatMap(file => fileProblems(root, file)), ...adrProblems(files)]
}

function fileProblems(root: string, file: string): readonly string[] {
  const lines = readFileSync(join(root, file), 'utf8').split('\n')
  let fenced = false
  return lines.flatMap((line, index) => {
    if (line.trimStart().startsWith('```')) fenced = !fenced
    if (fenced) return []
    const broken = [
      ...linksIn(line).filter(target => !existsSync(join(root, dirname(file), target))),
      ...pathsIn(line).filter(path => !existsSync(join(root, path))),
    ]
    return broken.map(target => `${file}:${index + 1}: ${target} does not exist`)
  })
}

/** Targets of relative links, without their fragments. */
function linksIn(line: string): readonly string[] {
  const targets = [...line.matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)/g)].map(match => match[1] ?? '')
  return targets
    .filter(target => !/^([a-z][a-z0-9+.-]*:|#)/i.test(target))
    .map(target => decodeURIComponent(target.replace(/#.*/, '')))
}

/** Paths in backticks that name a file or folder of the project; patterns, placeholders and generated code are left out. */
function pathsIn(line: string): readonly string[] {
  const quoted = [...line.matchAll(/`([^`]+)`/g)].map(match => match[1] ?? '')
  return quoted.filter(
    text => /^(src|test|tools|docs|bin|bench|ui|\.ci)\/[\w./-]+$/.test(text) && !text.startsWith('src/gen/'),
  )
}

function adrProblems(files: readonly string[]): readonly string[] {
  const records = files.filter(file => /(^|\/)docs\/adr\//.test(file) && basename(file) !== 'README.md')
  const numbers = new Map<string, string>()
  return records.flatMap(file => {
    const number = /^(\d{4})-[a-z0-9-]+\.md$/.exec(basename(file))?.[1]
    if (!number) return [`${file}: the name of a decision record is NNNN-title.md`]
    const twin = numbers.get(number)
    numbers.set(number, file)
    return twin ? [`${file}: number ${number} is taken by ${twin}`] : []
  })
}

if (process.argv[1] === import.meta.filename) report('check-docs', docProblems(process.cwd()))
