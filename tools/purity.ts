// Finds what makes a source impure: waiting, clocks, chance, timers and the world outside.
import ts from 'typescript'

export interface Finding {
  readonly node: ts.Node
  readonly message: string
}

const impureNames = new Set([
  'Promise',
  'Date',
  'performance',
  'crypto',
  'process',
  'console',
  'fetch',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
])

/** Uses of `async`, `await`, and of globals that answer differently from one call to the next. */
export function impurities(source: ts.SourceFile): readonly Finding[] {
  const findings: Finding[] = []
  const visit = (node: ts.Node): void => {
    const what = impurityOf(node)
    if (what) findings.push({ node, message: `src/core is pure and must not use ${what}` })
    ts.forEachChild(node, visit)
  }
  visit(source)
  return findings
}

function impurityOf(node: ts.Node): string | undefined {
  if (node.kind === ts.SyntaxKind.AsyncKeyword) return 'async'
  if (node.kind === ts.SyntaxKind.AwaitKeyword || ts.isAwaitExpression(node)) return 'await'
  if (ts.isPropertyAccessExpression(node) && node.getText() === 'Math.random') return 'Math.random'
  if (ts.isIdentifier(node) && impureNames.has(node.text) && !namesSomething(node)) return node.text
  return undefined
}

/** Whether the identifier is the name of a property or of a declaration, not a use of the global. */
function namesSomething(node: ts.Identifier): boolean {
  const { parent } = node
  if (ts.isPropertyAccessExpression(parent) || ts.isPropertyAssignment(parent)) return parent.name === node
  if (ts.isQualifiedName(parent)) return parent.right === node
  return ts.isPropertySignature(parent) || ts.isPropertyDeclaration(parent) || ts.isMethodDeclaration(parent)
}
