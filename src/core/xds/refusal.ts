// Finding out which resources a refusal is about. Envoy says it in prose, such as
// `Error adding/updating listener(s) public_listener:10.0.0.1:20000: duplicate filter chain`.

/** How much of an error is searched; Envoy quotes whole configurations in some. */
const searched = 65_536

/** Those of `names` that `message` mentions as whole words. Longer names are taken first, so `api:80` is not also `api`. */
export function namesIn(message: string, names: readonly string[]): ReadonlySet<string> {
  let text = message.slice(0, searched)
  const found = new Set<string>()
  for (const name of [...names].sort((a, b) => b.length - a.length)) {
    if (name === '' || !text.includes(name)) continue
    const without = blankOut(text, name)
    if (without !== text) found.add(name)
    text = without
  }
  return found
}

function blankOut(text: string, name: string): string {
  let result = text
  for (let at = text.indexOf(name); at >= 0; at = text.indexOf(name, at + 1)) {
    if (!isWholeWord(text, at, at + name.length)) continue
    result = `${result.slice(0, at)}${' '.repeat(name.length)}${result.slice(at + name.length)}`
  }
  return result
}

function isWholeWord(text: string, start: number, end: number): boolean {
  if (partOfName.test(text.charAt(start - 1))) return false
  return !/^[A-Za-z0-9_~-]|^\.[A-Za-z0-9]/.test(text.slice(end, end + 2))
}

const partOfName = /[A-Za-z0-9_~.-]/
