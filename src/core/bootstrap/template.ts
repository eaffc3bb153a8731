// The part of Go's text/template that bootstrap templates are written in: `{{ .Name }}`, `{{ if .Name }}`, `{{ else }}`,
// `{{ end }}` and the trim marks `{{-` and `-}}`. Anything else is refused by name.

export type Rendered = { readonly ok: true; readonly text: string } | { readonly ok: false; readonly message: string }

interface Branch {
  /** Whether this branch and all around it are taken. */
  readonly isTaken: boolean
  readonly isOuterTaken: boolean
  readonly hasElse: boolean
}

/** Fills a template; `values` holds names such as `ProxyID` and `GRPC.AgentPort`, and empty values are false. */
export function renderTemplate(template: string, values: ReadonlyMap<string, string>): Rendered {
  const open: Branch[] = []
  let text = ''
  for (const piece of pieces(template)) {
    const isTaken = open.at(-1)?.isTaken ?? true
    if ('text' in piece) {
      if (isTaken) text += piece.text
      continue
    }
    const result = perform(piece.action, values, open)
    if (typeof result !== 'string') return { ok: false, message: result.refusal }
    if (isTaken) text += result
  }
  if (open.length > 0) return { ok: false, message: '{{ if }} without {{ end }}' }
  return { ok: true, text }
}

type Piece = { readonly text: string } | { readonly action: string }

function* pieces(template: string): Generator<Piece> {
  const trimmed = template.replace(/\s*\{\{-(?=\s)/g, '{{').replace(/(?<=\s)-\}\}\s*/g, '}}')
  let end = 0
  for (const match of trimmed.matchAll(/\{\{([\s\S]*?)\}\}/g)) {
    yield { text: trimmed.slice(end, match.index) }
    yield { action: match[1]!.trim() }
    end = match.index + match[0].length
  }
  yield { text: trimmed.slice(end) }
}

/** Does one action: changes the stack of branches, or gives the text of a value. */
function perform(
  action: string,
  values: ReadonlyMap<string, string>,
  open: Branch[],
): string | { readonly refusal: string } {
  const [, condition, name] = /^(if\s+)?\.([A-Za-z.]+)$/.exec(action) ?? []
  if (name !== undefined) {
    const value = values.get(name)
    if (value === undefined) return { refusal: `{{ ${action} }}: there is no value .${name}` }
    if (condition === undefined) return value
    const isOuterTaken = open.at(-1)?.isTaken ?? true
    open.push({ isTaken: isOuterTaken && value !== '', isOuterTaken, hasElse: false })
    return ''
  }
  if (/^\/\*[\s\S]*\*\/$/.test(action)) return ''
  if (action !== 'else' && action !== 'end') return { refusal: `{{ ${action} }} is not supported` }

  const branch = open.pop()
  if (branch === undefined || (action === 'else' && branch.hasElse))
    return { refusal: `{{ ${action} }} without {{ if }}` }
  if (action === 'else') open.push({ ...branch, isTaken: branch.isOuterTaken && !branch.isTaken, hasElse: true })
  return ''
}
