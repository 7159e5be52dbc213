/** Lines of a report: nothing that was given ends one, and none is longer than a line may be. */
import { setImmediate as nextTurn } from 'node:timers/promises'

/** RFC 5322 §2.1.1: characters that a line should have at most. */
const WIDTH = 78
/** Octets of a word without a space that are left whole; 998 is the most that a line may have. */
const LONGEST_WORD = 900
/** Code points of a piece of a longer one: 4 octets each at most. */
const PIECE = 200
/** Octets that make a line of 76 in base64 (RFC 2045 §6.8), and lines of a block. */
const BASE64_LINE = 57
const BASE64_LINES = 200
/** Others get a turn after so many blocks, each of which is on one recipient of a thousand. */
const BLOCKS_PER_TURN = 10

export const isAscii = (text: string): boolean => /^[\0-\x7f]*$/.test(text)

/** One line of it; the lines of a reply that has several are joined. */
export const printable = (text: string): string =>
  text
    .trim()
    .replace(/[\r\n]+/g, ' ')
    .replace(/[\0-\x1f\x7f\x85\u2028\u2029]/g, '?')

/** The same for a place that takes nothing beyond ASCII. */
export const ascii = (text: string): string => printable(text).replace(/[^\0-\x7f]/gu, '?')

/** A line that continues where it has a space: RFC 5322 §2.2.3. */
export const fold = (line: string): string => broken(line, (word) => (word.startsWith(' ') ? word : ` ${word}`))

/** Text for a person, each line behind `indent`. */
export const wrap = (text: string, indent: string): string =>
  broken(`${indent}${text}`, (word) => `${indent}${word.trimStart()}`)

/** `begin`: what a word becomes that does not fit on the line before. */
function broken(line: string, begin: (word: string) => string): string {
  if (line.length <= WIDTH) return line
  const lines: string[] = []
  let current = ''
  for (const word of line.match(/ *[^ ]+/g)?.flatMap(pieces) ?? []) {
    if (current === '' || current.length + word.length <= WIDTH) current += word
    else {
      lines.push(current)
      current = begin(word)
    }
  }
  return [...lines, current].join('\r\n')
}

/** A word that is longer than a line may be is cut: better than a message that nobody takes. */
function pieces(word: string): readonly string[] {
  if (Buffer.byteLength(word) <= LONGEST_WORD) return [word]
  return word.match(new RegExp(`.{1,${PIECE}}`, 'gsu')) ?? []
}

export const lines = (...all: readonly string[]): string => all.map((line) => `${line}\r\n`).join('')

/** All blocks, without keeping others waiting. */
export async function joined(blocks: Iterable<string>): Promise<string> {
  let text = ''
  let count = 0
  for (const block of blocks) {
    text += block
    if (++count % BLOCKS_PER_TURN === 0) await nextTurn()
  }
  return text
}

/** RFC 2045 §6.8, in blocks of lines. */
export function* base64Blocks(octets: Buffer): Generator<string> {
  const size = BASE64_LINE * BASE64_LINES
  for (let at = 0; at < octets.length; at += size)
    yield octets
      .subarray(at, at + size)
      .toString('base64')
      .replace(/.{1,76}/g, '$&\r\n')
}

/** Whether all line ends are CRLF, and no NUL is there (RFC 5321 §2.3.8): what came like that may go on, long lines or not. */
export const isText = (octets: Buffer): boolean => !/\r(?!\n)|(?<!\r)\n|\0/.test(octets.toString('latin1'))

/** Whether octets are lines as RFC 5322 §2.1.1 has them. */
export const isLines = (octets: Buffer): boolean => isText(octets) && !/[^\r\n]{999}/.test(octets.toString('latin1'))
