/** Commands that are their name and nothing else. */

/** A command without arguments. */
export interface Bare<N extends string> {
  readonly name: N
}

/** The parser of a command without arguments: that nothing follows is checked for every command. */
export const parseBare =
  <N extends string>(name: N) =>
  (): Bare<N> => ({ name })
