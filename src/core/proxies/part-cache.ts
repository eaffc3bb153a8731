// Remembers the parts of one proxy's last build, so that a change builds only the parts whose inputs changed.

import { deepEqual } from '../../lib/deep-equal.ts'

interface Part {
  readonly inputs: readonly unknown[]
  readonly value: unknown
  /** Parts that were made for this one. */
  readonly inner?: PartCache
  build: number
}

const NO_INPUTS: readonly never[] = []

export class PartCache {
  readonly #parts = new Map<string, Part>()
  #build = 0

  /**
   * The value of a part: the last one while every input is the identical object, else made anew. `make` may use nothing but
   * these inputs, or a change would be missed.
   */
  use<T>(name: string, inputs: readonly unknown[], make: () => T): T {
    const known = this.#known(name, inputs)
    // A part's name decides what made it, so the remembered value has the same type.
    if (known !== undefined) return known.value as T
    const value = make()
    this.#parts.set(name, { inputs, value, build: this.#build })
    return value
  }

  /** Like `use`, for a part made of smaller ones: while no input changed, they are not even looked at. */
  group<T>(name: string, inputs: readonly unknown[], make: (parts: PartCache) => T): T {
    const known = this.#known(name, inputs)
    if (known !== undefined) return known.value as T
    const inner = this.#parts.get(name)?.inner ?? new PartCache()
    const value = inner.building(() => make(inner))
    this.#parts.set(name, { inputs, value, inner, build: this.#build })
    return value
  }

  /** `value`, or the last one under this name while both are the same data: gives inputs an identity to compare by. */
  keep<T>(name: string, value: T): T {
    const known = this.#parts.get(name)
    if (known !== undefined && deepEqual(known.value, value)) {
      known.build = this.#build
      // It is equal to `value`.
      return known.value as T
    }
    this.#parts.set(name, { inputs: NO_INPUTS, value, build: this.#build })
    return value
  }

  /** Runs one build; parts it does not use are forgotten. */
  building<T>(build: () => T): T {
    this.#build += 1
    const value = build()
    for (const [name, part] of this.#parts) if (part.build !== this.#build) this.#parts.delete(name)
    return value
  }

  #known(name: string, inputs: readonly unknown[]): Part | undefined {
    const known = this.#parts.get(name)
    if (known === undefined || !sameInputs(known.inputs, inputs)) return undefined
    known.build = this.#build
    return known
  }
}

function sameInputs(a: readonly unknown[], b: readonly unknown[]): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (!Object.is(a[i], b[i])) return false
  return true
}
