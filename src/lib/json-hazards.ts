// What sound JSON may still hold that nobody means and much code trips over: nesting without end, and escapes of half a
// character. Looks at the text, so nothing has to be built first.

/** Levels of lists and objects a document may have. Nothing that people write comes near. */
export const MAX_JSON_DEPTH = 200

const ESCAPE = /\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)/gs

/** What makes the document unusable although it is JSON; undefined when it is sound. */
export function jsonHazard(text: string): string | undefined {
  if (isTooDeep(text)) return `it is nested deeper than ${MAX_JSON_DEPTH} levels`
  for (const [, half] of text.matchAll(ESCAPE)) {
    if (half !== undefined) return `\\${half} is half of a character; it comes in pairs`
  }
  return undefined
}

function isTooDeep(text: string): boolean {
  let depth = 0
  let inString = false
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i)
    if (inString) {
      if (char === BACKSLASH) i++
      else if (char === QUOTE) inString = false
    } else if (char === QUOTE) inString = true
    else if (char === OPEN_LIST || char === OPEN_OBJECT) {
      depth++
      if (depth > MAX_JSON_DEPTH) return true
    } else if (char === CLOSE_LIST || char === CLOSE_OBJECT) depth--
  }
  return false
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPEN_LIST = 0x5b
const CLOSE_LIST = 0x5d
const OPEN_OBJECT = 0x7b
const CLOSE_OBJECT = 0x7d
