/** How a configuration that cannot be used is refused. */

/** Each of `lines` names the file or variable, the line and the key, and says what is wrong. */
export class ConfigError extends Error {
  readonly lines: readonly string[]

  constructor(lines: readonly string[]) {
    super(lines.join('\n'))
    this.name = 'ConfigError'
    this.lines = lines
  }
}
