// A place in a pattern that moves as it is read.

/** Reads a pattern from left to right, one character (code point) or one match at a time. */
export interface PatternCursor {
  /** The character here, or '' at the end. */
  peek(): string
  /** The character behind a backslash that stands here, or ''. */
  peekEscape(): string
  /** Takes the character here. */
  next(): string
  /** Takes `char` if it is here. */
  take(char: string): boolean
  /** Takes what a sticky pattern matches here. */
  match(pattern: RegExp): RegExpExecArray | undefined
}

export function cursorOver(text: string): PatternCursor {
  let offset = 0
  const charAt = (at: number) => (at < text.length ? String.fromCodePoint(text.codePointAt(at)!) : '')
  return {
    peek: () => charAt(offset),
    peekEscape: () => (text[offset] === '\\' ? charAt(offset + 1) : ''),
    next() {
      const char = charAt(offset)
      offset += char.length
      return char
    },
    take(char) {
      if (charAt(offset) !== char) return false
      offset += char.length
      return true
    },
    match(pattern) {
      pattern.lastIndex = offset
      const match = pattern.exec(text) ?? undefined
      if (match) offset += match[0].length
      return match
    },
  }
}
