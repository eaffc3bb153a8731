// Checks the laws of the source tree that types cannot hold: who may import whom, that the core is pure, that there are
// only named exports and no barrels. Tests may import anything.
import { readFileSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import ts from 'typescript'
import { coreRanks, layers, libAllows, libForbids, packagesOfCore } from './layers.ts'
import { isTest, report, sourceFiles } from './project-files.ts'
import { type Finding, impurities } from './purity.ts'

/** What breaks the laws under `root`, one line per finding. */
export function layerProblems(root: string): readonly string[] {
  return sourceFiles(root).flatMap(file => {
    const source = ts.createSourceFile(file, readFileSync(join(root, file), 'utf8'), ts.ScriptTarget.Latest, true)
    const findings = [...exportFindings(source)]
    if (file.startsWith('src/') && !isTest(file)) findings.push(...importFindings(source))
    if (file.startsWith('src/core/') && !isTest(file)) findings.push(...impurities(source))
    return findings.map(({ node, message }) => `${file}:${lineOf(source, node)}: ${message}`)
  })
}

function* importFindings(source: ts.SourceFile): Generator<Finding> {
  const [, folder = '', inner = ''] = source.fileName.split('/')
  const path = folder === 'core' ? `${folder}/${inner}` : folder
  if (!(folder in layers) || (folder === 'core' && !(inner in coreRanks))) {
    yield { node: source, message: `src/${path} has no place in tools/layers.ts` }
    return
  }

  for (const node of importsOf(source)) {
    const message = node.text.startsWith('.')
      ? relativeImportProblem(source.fileName, posix.join(dirname(source.fileName), node.text))
      : packageImportProblem(source.fileName, node)
    if (message) yield { node, message }
  }
}

/** The specifiers of static imports, re-exports, dynamic imports and import types. */
function importsOf(source: ts.SourceFile): readonly ts.StringLiteral[] {
  const found: ts.StringLiteral[] = []
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node)
    if (specifier && ts.isStringLiteral(specifier)) found.push(specifier)
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) return node.arguments[0]
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return node.argument.literal
  return undefined
}

function relativeImportProblem(from: string, to: string): string | undefined {
  if (isTest(to)) return `imports the test file ${to}`
  if (!to.startsWith('src/')) return to === 'package.json' ? undefined : `imports ${to}, which is outside src`
  const own = layerOf(from)
  const other = layerOf(to)
  if (own !== other && !layers[own]?.includes(other)) return `src/${own} must not import src/${other} (${to})`
  return own === 'core' && other === 'core' ? coreImportProblem(from, to) : undefined
}

/** `core` for src/core/acl/x.ts; `main.ts` for a file directly in src. */
function layerOf(file: string): string {
  return file.split('/')[1] ?? ''
}

function coreImportProblem(from: string, to: string): string | undefined {
  const own = from.split('/')[2] ?? ''
  const other = to.split('/')[2] ?? ''
  const allowed = (coreRanks[other] ?? 0) <= (coreRanks[own] ?? 0)
  return allowed ? undefined : `src/core/${own} must not import src/core/${other} (${to})`
}

function packageImportProblem(from: string, specifier: ts.StringLiteral): string | undefined {
  const name = specifier.text
  if (layerOf(from) === 'core' && !packagesOfCore.includes(name)) {
    return `src/core must not import ${name}; effects live in src/rim, deterministic wrappers in src/lib`
  }
  if (layerOf(from) !== 'lib' || !libForbids.test(name)) return undefined
  const allowed = libAllows[name] ?? []
  const names = importedNames(specifier.parent)
  if (names.length > 0 && names.every(imported => allowed.includes(imported))) return undefined
  return `src/lib must not import ${name}; effects live in src/rim`
}

function importedNames(declaration: ts.Node): readonly string[] {
  const bindings = ts.isImportDeclaration(declaration) ? declaration.importClause?.namedBindings : undefined
  if (!bindings || !ts.isNamedImports(bindings)) return []
  return bindings.elements.map(element => (element.propertyName ?? element.name).text)
}

function* exportFindings(source: ts.SourceFile): Generator<Finding> {
  const isIndex = posix.basename(source.fileName) === 'index.ts'
  for (const node of source.statements) {
    const modifiers = ts.canHaveModifiers(node) ? ts.getModifiers(node) : undefined
    if (ts.isExportAssignment(node) || modifiers?.some(modifier => modifier.kind === ts.SyntaxKind.DefaultKeyword)) {
      yield { node, message: 'has a default export; give it a name' }
    }
    if (isIndex && ts.isExportDeclaration(node) && node.moduleSpecifier) {
      yield { node, message: 'is a barrel; an index.ts is a registry, and others import from the file itself' }
    }
  }
}

function lineOf(source: ts.SourceFile, node: ts.Node): number {
  return source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1
}

if (process.argv[1] === import.meta.filename) report('check-layers', layerProblems(process.cwd()))
