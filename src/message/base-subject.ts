/** The base subject: what is left of a Subject without "Re:", "Fwd:", list names and the like (RFC 5256 §2.1). */

export interface BaseSubject {
  readonly text: string
  /** A "Re:", a "Fwd:", a "(fwd)" or a "[Fwd: …]" was there: a reply or a forward (RFC 5256 §3, REFERENCES step 5). */
  readonly isReply: boolean
}

/** RFC 5256 §5, subj-blob and subj-refwd, where the only white space is a space. */
const BLOB = /\[[^[\]]*\] */y
const REPLY = /(?:re|fwd?) *(?:\[[^[\]]*\] *)?:/iy
const TRAILER = /(?: |\(fwd\))$/i
const FORWARD = '[fwd:'

/** Where `pattern` ends if it is at `at`, else -1. */
function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : -1
}

/** Steps 3 to 5: where the text begins behind its leaders. Each octet is looked at a bounded number of times. */
function withoutLeaders(text: string): { readonly start: number; readonly isReply: boolean } {
  let start = 0
  let isReply = false
  for (;;) {
    while (text[start] === ' ') start++
    let kept = start
    let at = start
    for (let end = endOf(BLOB, text, at); end !== -1; end = endOf(BLOB, text, at)) {
      at = end
      if (end < text.length) kept = end
    }
    const reply = endOf(REPLY, text, at)
    if (reply === -1) return { start: kept, isReply }
    start = reply
    isReply = true
  }
}

/** Step 2 */
function withoutTrailers(text: string): { readonly end: number; readonly isReply: boolean } {
  let end = text.length
  let isReply = false
  for (;;) {
    const found = TRAILER.exec(text.slice(Math.max(0, end - '(fwd)'.length), end))
    if (found === null) return { end, isReply }
    end -= found[0].length
    isReply ||= found[0] !== ' '
  }
}

/** `subject` with its encoded words decoded. The same as RFC 5256 §2.1 step by step. */
export function baseSubject(subject: string): BaseSubject {
  let text = subject.replace(/[\p{Cc} ]+/gu, ' ')
  let isReply = false
  for (;;) {
    const trailers = withoutTrailers(text)
    text = text.slice(0, trailers.end)
    const leaders = withoutLeaders(text)
    text = text.slice(leaders.start)
    isReply ||= trailers.isReply || leaders.isReply
    if (!text.endsWith(']') || text.slice(0, FORWARD.length).toLowerCase() !== FORWARD) return { text, isReply }
    text = text.slice(FORWARD.length, -1)
    isReply = true
  }
}
