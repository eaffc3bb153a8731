// How the stages of the regular expression compiler give up. Caught at the compiler's own door.

/** A pattern that is not valid, or too big. */
export class RegexFault extends Error {}
