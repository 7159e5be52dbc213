/** A line of the client becomes a command, or the reply to a line that is none: RFC 5321 §4.1.1. Pure. */
import { isUtf8 } from 'node:buffer'
import type { SmtpLimits } from '../core/limits.js'
import { BadCommand } from './errors.js'
import { isAscii } from './parse.js'
import { replies } from './reply.js'
import { type Command, type Verb, type VerbRow, verbOf, verbs } from './verbs.js'

export interface CommandLine {
  /** Null when the first word is no verb of ours: what the line holds is then unknown, perhaps a secret. */
  readonly verb: Verb | null
  /** What follows the verb, without the spaces around it, one char for each octet. */
  readonly args: string
}

const LINE = /^([A-Za-z]{1,16})(?: |$)/

/** Tells verb and arguments apart. Trailing white space is forgiven (RFC 5321 §4.1.1). */
export function splitLine(octets: Buffer): CommandLine {
  const text = octets.toString('latin1')
  const word = LINE.exec(text)?.[1] ?? ''
  const verb = verbOf(word)
  return verb === null ? { verb, args: '' } : { verb, args: withoutSpaces(text, word.length) }
}

/** @throws BadCommand for anything that is not a command of ours with arguments as its grammar has them */
export function parseCommand({ verb, args }: CommandLine, limits: SmtpLimits): Command {
  if (verb === null) throw new BadCommand(replies.unrecognised)
  const row = verbs[verb]
  return row.parse(isAscii(args) ? args : internationalText(args, row), limits)
}

/** RFC 6531 §3.3. @throws BadCommand where UTF-8 is not for, or is none */
function internationalText(args: string, { utf8 }: VerbRow): string {
  const octets = Buffer.from(args, 'latin1')
  const text = octets.toString('utf8')
  if (utf8 !== true || !isUtf8(octets) || /[\0-\x1f\x7f-\x9f]/.test(text)) throw new BadCommand(replies.badCharacter)
  return text
}

function withoutSpaces(text: string, from: number): string {
  let to = text.length
  while (from < to && text[from] === ' ') from++
  while (to > from && (text[to - 1] === ' ' || text[to - 1] === '\t')) to--
  return text.slice(from, to)
}

/** What a trace may show of the line: nothing of one that may hold a secret. */
export function shownOf({ verb, args }: CommandLine): { readonly text: string; readonly secret: boolean } {
  if (verb === null) return { text: '', secret: true }
  const { shown } = verbs[verb]
  if (shown === undefined) return { text: args === '' ? verb : `${verb} ${args}`, secret: false }
  const part = shown(args)
  return { text: part === '' ? `${verb} ` : `${verb} ${part} `, secret: true }
}
