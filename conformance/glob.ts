/** Patterns for names, as shells have them: `*`, `**`, `?`, `[a-z]`, `[!a]`, `{one,other}`; a backslash takes a sign as it is. */

/** Compiles a pattern that the whole name must match; `*`, `?` and brackets stop at a slash. @throws Error for one that does not end */
export function globPattern(glob: string): RegExp {
  return new RegExp(`^(?:${new Reader(glob).all()})$`, 'su')
}

const SPECIAL = /[\\^$.*+?()[\]{}|/]/

/** There a hyphen means something too. */
const inBrackets = (sign: string): string => (sign === '-' ? '\\-' : literal(sign))
const literal = (sign: string): string => (SPECIAL.test(sign) ? `\\${sign}` : sign)

class Reader {
  readonly #signs: readonly string[]
  #at = 0

  constructor(glob: string) {
    this.#signs = [...glob]
  }

  all(): string {
    let source = ''
    while (this.#at < this.#signs.length) source += this.#next(false)
    return source
  }

  #take(): string {
    return this.#signs[this.#at++] ?? ''
  }

  #next(inBraces: boolean): string {
    const sign = this.#take()
    switch (sign) {
      case '*':
        return this.#star()
      case '?':
        return '[^/]'
      case '[':
        return this.#bracket()
      case '{':
        return this.#braces()
      case '\\':
        if (this.#at === this.#signs.length) throw new Error('nothing follows the backslash at its end')
        return literal(this.#take())
      case ',':
        return inBraces ? '|' : ','
      default:
        return literal(sign)
    }
  }

  /** Two stars that are a whole part of the name stand for any number of parts, none included. */
  #star(): string {
    const begins = this.#at === 1 || this.#signs[this.#at - 2] === '/'
    let stars = 1
    for (; this.#signs[this.#at] === '*'; stars++) this.#at++
    if (stars !== 2 || !begins) return '[^/]*'
    if (this.#at === this.#signs.length) return '.*'
    if (this.#signs[this.#at] !== '/') return '[^/]*'
    this.#at++
    return '(?:[^/]+/)*'
  }

  #bracket(): string {
    const not = this.#signs[this.#at] === '!' || this.#signs[this.#at] === '^'
    if (not) this.#at++
    let inside = ''
    for (let first = true; first || this.#signs[this.#at] !== ']'; first = false) {
      if (this.#at >= this.#signs.length) throw new Error('"[" is not closed')
      const sign = this.#take()
      // Between two signs, a hyphen makes a range.
      if (sign === '-' && !first && this.#signs[this.#at] !== ']') inside += '-'
      else inside += inBrackets(sign === '\\' ? this.#take() : sign)
    }
    this.#at++
    return `(?!/)[${not ? '^' : ''}${inside}]`
  }

  #braces(): string {
    let inside = ''
    while (this.#signs[this.#at] !== '}') {
      if (this.#at >= this.#signs.length) throw new Error('"{" is not closed')
      inside += this.#next(true)
    }
    this.#at++
    return `(?:${inside})`
  }
}
