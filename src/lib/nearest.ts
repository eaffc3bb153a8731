// The nearest of some known words to a mistyped one, for "did you mean" in messages. Not a search.

const LONGEST_WORD = 100

/**
 * The candidate that looks most like `word`, or undefined when none is near. Letter case, `_` and `-` do not count; one
 * edit (insert, delete, replace, swap of neighbours) is allowed per three characters, at least one and at most three.
 * Among equals the first candidate wins.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = fold(word)
  if (wanted === '' || wanted.length > LONGEST_WORD) return undefined
  let bound = Math.min(3, Math.max(1, Math.floor(wanted.length / 3)))
  let best: string | undefined
  for (const candidate of candidates) {
    const folded = fold(candidate)
    if (folded === wanted) return candidate
    if (folded === '' || Math.abs(folded.length - wanted.length) > bound) continue
    const distance = editDistance(wanted, folded)
    if (distance > bound) continue
    best = candidate
    bound = distance - 1
  }
  return best
}

function fold(word: string): string {
  return word.toLowerCase().replace(/[_-]/g, '')
}

/** Optimal string alignment distance: edits, each place edited at most once. */
function editDistance(from: string, to: string): number {
  let beforePrevious: number[] = []
  let previous = Array.from({ length: to.length + 1 }, (_, column) => column)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const replaced = previous[column - 1]! + (from[row - 1] === to[column - 1] ? 0 : 1)
      const swapped = isSwap(from, to, row, column) ? beforePrevious[column - 2]! + 1 : replaced
      current.push(Math.min(replaced, swapped, previous[column]! + 1, current[column - 1]! + 1))
    }
    beforePrevious = previous
    previous = current
  }
  return previous[to.length]!
}

function isSwap(from: string, to: string, row: number, column: number): boolean {
  return row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
}
