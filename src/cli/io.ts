// All that a command sees of the process it runs in, so that tests can run commands without one.

/** Somewhere text goes. */
export interface Sink {
  write(text: string): unknown
}

export interface Io {
  /** The arguments behind the name of the command. */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly stdout: Sink
  readonly stderr: Sink
  /** Everything on standard input, to its end. */
  readStdin(): Promise<string>
}
