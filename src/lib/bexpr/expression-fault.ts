// How the stages of the filter compiler give up. Caught at the compiler's own door.

/** An expression that is not valid; `offset` tells where its grammar is broken. */
export class ExpressionFault extends Error {
  readonly offset: number

  constructor(message: string, offset = 0) {
    super(message)
    this.name = 'ExpressionFault'
    this.offset = offset
  }
}
