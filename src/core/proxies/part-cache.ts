// Remembers the parts of one proxy's last build, so that a change builds only the parts whose inputs changed.

import { deepEqual } from '../../lib/deep-equal.ts'

interface Part {
  readonly inputs: readonly unknown[]
  readonly value: unknown
  build: number
}

export class PartCache {
  readonly #parts = new Map<string, Part>()
  #build = 0

  /**
   * The value of a part: the last one while every input is the identical object, else made anew. `make` may use nothing but
   * these inputs, or a change would be missed.
   */
  use<T>(name: string, inputs: readonly unknown[], make: () => T): T {
    const known = this.#parts.get(name)
    if (known !== undefined && sameInputs(known.inputs, inputs)) {
      known.build = this.#build
      // A part's name decides what made it, so the remembered value has the same type.
      return known.value as T
    }
    const value = make()
    this.#parts.set(name, { inputs, value, build: this.#build })
    return value
  }

  /** `value`, or the last one under this name while both are the same data: gives inputs an identity to compare by. */
  keep<T>(name: string, value: T): T {
    const known = this.#parts.get(name)
    const kept = known !== undefined && deepEqual(known.value, value) ? known.value : value
    this.#parts.set(name, { inputs: [], value: kept, build: this.#build })
    // It is `value`, or equal to it.
    return kept as T
  }

  /** Starts a build. */
  begin(): void {
    this.#build += 1
  }

  /** Ends a build: parts it did not use are forgotten. */
  end(): void {
    for (const [name, part] of this.#parts) if (part.build !== this.#build) this.#parts.delete(name)
  }
}

function sameInputs(a: readonly unknown[], b: readonly unknown[]): boolean {
  return a.length === b.length && a.every((input, i) => Object.is(input, b[i]))
}
