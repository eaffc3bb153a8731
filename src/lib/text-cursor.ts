// A place in a text that moves as a parser reads on. It knows nothing of any grammar.

/** Reads a text from left to right, one character (code point) or one pattern at a time. Patterns must be sticky (`/y`). */
export interface TextCursor {
  /** How far it has read, in UTF-16 units. */
  offset(): number
  /** Goes back, or on, to an offset that `offset` has told. */
  seek(offset: number): void
  /** The character here, or '' at the end. */
  peek(): string
  /** Takes the character here. */
  next(): string
  /** Takes `char` if it is here. */
  take(char: string): boolean
  /** What the pattern matches here, without taking it. */
  lookAt(pattern: RegExp): RegExpExecArray | undefined
  /** Takes what the pattern matches here. */
  match(pattern: RegExp): RegExpExecArray | undefined
}

/** A cursor at the start of `text`. */
export function cursorOver(text: string): TextCursor {
  let offset = 0
  const peek = () => (offset < text.length ? String.fromCodePoint(text.codePointAt(offset)!) : '')
  const lookAt = (pattern: RegExp) => {
    pattern.lastIndex = offset
    return pattern.exec(text) ?? undefined
  }
  const advance = (taken: string) => {
    offset += taken.length
    return taken
  }
  return {
    offset: () => offset,
    seek: to => {
      offset = to
    },
    peek,
    lookAt,
    next: () => advance(peek()),
    take: char => peek() === char && advance(char) !== '',
    match: pattern => {
      const match = lookAt(pattern)
      if (match) advance(match[0])
      return match
    },
  }
}
