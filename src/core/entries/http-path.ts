// The three ways in which routes, intentions and limits name a request's path.

interface PathForms {
  readonly PathExact?: string
  readonly PathPrefix?: string
  readonly PathRegex?: string
}

/** The forms that are set, by field name. At most one is allowed. */
export function pathForms(match: PathForms): readonly ('PathExact' | 'PathPrefix' | 'PathRegex')[] {
  return (['PathExact', 'PathPrefix', 'PathRegex'] as const).filter(form => match[form] !== undefined)
}
