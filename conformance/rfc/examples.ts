/** The dialogues that an RFC prints: what the client says in them, made comparable with what transcripts say. Pure. */
import type { Section } from './text.js'

export type Protocol = 'smtp' | 'imap'

/** Stands in a line for what may be anything: names, passwords, what an island of a transcript computes. */
export const ANYTHING = '…'

interface Spoken {
  readonly side: 'client' | 'server'
  readonly text: string
}

/** `C:` and `S:`, the sender and receiver of RFC 3030, the arrows of RFC 3461; the first line may stand behind "Example:". */
const SPOKEN = /^(\s*(?:Examples?(?: [\d.]+)?:?\s+)?)(?:([CSR]):(?: |$)|(>>>|<<<) )(.*)$/

/** Prose between the lines of a dialogue. */
const REMARK = /^\s*\(note\b/

/** @returns the lines that clients say, each once, in their order */
export function examplesOf(lines: readonly string[], protocol: Protocol): string[] {
  const commands = commandsOf(spokenLines(lines), protocol)
  const shown = commands.map((line) => normalised(line, protocol)).filter((line) => line !== '')
  return shown.filter((line, i) => shown.findIndex((other) => other.toUpperCase() === line.toUpperCase()) === i)
}

/** What the examples of an RFC are in. */
export const protocolOf = (sections: readonly Section[]): Protocol =>
  sections.some(({ lines }) => lines.some((line) => /\b(?:EHLO|HELO|LHLO) \S|MAIL FROM:/.test(line))) ? 'smtp' : 'imap'

/** A line is continued where the next is indented deeper than its mark. */
function spokenLines(lines: readonly string[]): Spoken[] {
  const clients = lines.some((line) => /^\s*R: /.test(line)) ? 'S' : 'C'
  const spoken: { side: Spoken['side']; text: string }[] = []
  let margin = Number.POSITIVE_INFINITY
  for (const line of lines) {
    const [, before = '', letter, arrow, text = ''] = SPOKEN.exec(line) ?? []
    if (letter !== undefined || arrow !== undefined) {
      spoken.push({ side: letter === clients || arrow === '>>>' ? 'client' : 'server', text })
      margin = before.length
    } else if (line.search(/\S/) > margin && !REMARK.test(line)) {
      const last = spoken.at(-1)
      if (last !== undefined) last.text = `${last.text.replace(/\\$/, '').trimEnd()} ${line.trim()}`
    } else margin = Number.POSITIVE_INFINITY
  }
  return spoken
}

/** Client lines without what is content: literals, messages behind DATA and BDAT, answers to challenges. */
function commandsOf(spoken: readonly Spoken[], protocol: Protocol): string[] {
  const content = protocol === 'smtp' ? new SmtpContent() : new ImapContent()
  return spoken.flatMap(({ side, text }) => {
    if (side === 'client') return content.said(text).filter((line) => !isRemark(line))
    content.heard(text.trimStart())
    return []
  })
}

/** `<open connection to server>`, `(message goes here)`, `...`, `[…]`. */
const isRemark = (text: string): boolean => /^(?:<[^>]*>?|\(.*\)|\[.*\]|\.\.\..*|)$/.test(text.trim())

class SmtpContent {
  #within: 'commands' | 'message' | 'chunk' | 'challenge' = 'commands'

  heard(text: string): void {
    if (text.startsWith('354')) this.#within = 'message'
    else if (text.startsWith('334')) this.#within = 'challenge'
    else if (this.#within !== 'message') this.#within = 'commands'
  }

  said(text: string): string[] {
    if (this.#within === 'commands') {
      if (/^BDAT [1-9]/i.test(text)) this.#within = 'chunk'
      return [text]
    }
    if (this.#within === 'message' && text.trim() === '.') this.#within = 'commands'
    return []
  }
}

class ImapContent {
  /** Octets of a literal that have not come. The sizes that RFCs print are not always right. */
  #due = 0
  #authenticates = false

  heard(text: string): void {
    if (text.startsWith('+') || text.startsWith('*')) return
    this.#due = 0
    this.#authenticates = false
  }

  said(text: string): string[] {
    if (this.#authenticates) return []
    const rest = this.#behindLiteral(text)
    if (rest === '') return []
    this.#due = Number(/\{(\d+)\+?\}$/.exec(rest)?.[1] ?? 0)
    this.#authenticates = /^\s*\S+ AUTHENTICATE /i.test(rest)
    return [rest]
  }

  /** What of the line is not of the literal before it: one that announces the next counts even where the size is wrong. */
  #behindLiteral(text: string): string {
    const due = this.#due
    if (due === 0) return text
    const announces = /\{\d+\+?\}$/.test(text)
    this.#due = announces || text.length >= due ? 0 : Math.max(0, due - text.length - 2)
    const rest = text.length >= due ? text.slice(due) : announces ? text : ''
    return /^[ )]/.test(rest) ? rest : ''
  }
}

/** A command line as it is compared: without its tag, sizes, names and passwords, in one spelling. */
export function normalised(line: string, protocol: Protocol): string {
  const folded = line.replace(/\s+/g, ' ').trim()
  return protocol === 'smtp' ? normalisedSmtp(folded) : normalisedImap(folded)
}

function normalisedSmtp(line: string): string {
  return line
    .replace(/^(EHLO|HELO|LHLO|VRFY|EXPN) .+$/i, `$1 ${ANYTHING}`)
    .replace(/^(AUTH \S+) .+$/i, `$1 ${ANYTHING}`)
    .replace(/^(MAIL FROM|RCPT TO): ?<[^>]+>/i, `$1:<${ANYTHING}>`)
    .replace(/\b(ORCPT=[^;]+;)\S+/i, `$1${ANYTHING}`)
    .replace(/^BDAT \d+/i, `BDAT ${ANYTHING}`)
}

/** Commands whose first word cannot be told from a tag otherwise. */
const TAGGED = /^\S+ (?=(?:UID )?[A-Za-z]{2,}\b)(?!LOGIN$)/

function normalisedImap(line: string): string {
  return line
    .replace(/\{(?:\d+|#)(\+?)\}$/, '{#$1}')
    .replace(TAGGED, '')
    .replace(/^(LOGIN) .+$/i, `$1 ${ANYTHING}`)
    .replace(/^(AUTHENTICATE \S+) .+$/i, `$1 ${ANYTHING}`)
}

/** What two spellings of one line have in common: case, and quotation marks where none are needed. */
export const comparable = (line: string): string => line.replace(/"([^"\\\s(){}]+)"/g, '$1').toUpperCase()
