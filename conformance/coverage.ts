/** What the server can do and no transcript shows: verbs, keywords, replies, commands, capabilities, data items, search and sort keys. */
import { capabilities } from '../src/imap/capabilities.js'
import { fetchItems, fetchMacros } from '../src/imap/commands/fetch-items.js'
import { threadAlgorithms } from '../src/imap/commands/thread.js'
import { searchKeys } from '../src/imap/search/parse.js'
import { commands } from '../src/imap/table.js'
import { sortKeys } from '../src/message/arrange.js'
import { extensions, mailParameters, rcptParameters } from '../src/smtp/extensions.js'
import { replies } from '../src/smtp/reply.js'
import { verbs } from '../src/smtp/verbs.js'
import { uncoveredCodes } from './coverage-codes.js'
import { uncoveredStates } from './coverage-states.js'
import type { Family } from './files.js'
import { escaped } from './pattern.js'
import type { Transcript } from './transcript.js'
import { expectedLines, sentLines } from './transcript-lines.js'

/** Replies that no client can bring about from outside: why, and where they are tested instead. */
const ELSEWHERE: Partial<Record<keyof typeof replies, string>> = {
  tooManyConnections: 'said by the listener: src/server/main.test.ts',
  endless: 'takes a gibibyte: src/smtp/session-data.test.ts',
  mailboxGone: 'takes a mailbox that goes during DATA: src/smtp/session-data.test.ts',
  fault: 'takes a defect of ours: src/smtp/session-data.test.ts',
  noStorage: 'takes a full disk: src/smtp/session-data.test.ts',
  badSequence: 'stands for pairs of state and answer that do not meet: src/smtp/transaction.test.ts',
  unknownDomain: 'stands for a refusal that accept() does not have',
}

export type Transcripts = { readonly [F in Family]: readonly Transcript[] }

/** @returns one line for each thing that lacks a transcript */
export function uncovered(transcripts: Transcripts): string[] {
  const { smtp, imap } = transcripts
  return [...uncoveredSmtp(smtp), ...uncoveredImap(imap), ...uncoveredStates(imap), ...uncoveredCodes(imap)]
}

function uncoveredSmtp(transcripts: readonly Transcript[]): string[] {
  const [said, heard] = [sentLines(transcripts), expectedLines(transcripts)]
  const missing = (what: string, names: readonly string[], shown: (name: string) => boolean): string[] =>
    names.filter((name) => !shown(name)).map((name) => `SMTP ${what} ${name} has no transcript`)
  return [
    ...missing('verb', Object.keys(verbs), (verb) => some(said, `^${escaped(verb)}(?: |$)`)),
    ...missing('keyword', Object.keys(extensions), (word) => some(heard, `^250[ -]${escaped(word)}(?: |$)`)),
    ...missing('parameter', [...mailParameters.keys()], (word) => some(said, `^MAIL .*> .*${escaped(word)}(?:=|$)`)),
    ...missing('parameter', [...rcptParameters.keys()], (word) => some(said, `^RCPT .*> .*${escaped(word)}=`)),
    ...missing('reply', Object.keys(replies), (name) => isShown(name as keyof typeof replies, heard)),
  ]
}

function isShown(name: keyof typeof replies, heard: readonly string[]): boolean {
  const { code, enhanced } = replies[name]
  return name in ELSEWHERE || some(heard, `^${code}[ -]${enhanced === null ? '' : escaped(enhanced)}`)
}

/** @returns the replies that do not stand in `dialogue`, lines of all transcripts together */
export function unsaid(dialogue: readonly string[]): string[] {
  const heard = new Set(dialogue.map((line) => line.replace(/^S\d*: /, '')))
  const names = Object.keys(replies) as (keyof typeof replies)[]
  return names.filter((name) => !(name in ELSEWHERE) && !heard.has(replies[name].wire.split('\r\n')[0] ?? ''))
}

function uncoveredImap(transcripts: readonly Transcript[]): string[] {
  const [said, heard] = [sentLines(transcripts), expectedLines(transcripts)]
  const searches = said.filter((line) => /^\S+ (?:UID )?SEARCH /i.test(line))
  const fetches = said.filter((line) => /^\S+ (?:UID )?FETCH /i.test(line))
  const missing = (what: string, names: readonly string[], shown: (name: string) => boolean): string[] =>
    names.filter((name) => !shown(name)).map((name) => `IMAP ${what} ${name} has no transcript`)
  return [
    ...missing('command', Object.keys(commands), (name) => some(said, `^\\S+ ${escaped(name)}(?: |$)`)),
    ...missing(
      'capability',
      capabilities.map(({ name }) => name),
      (name) => some(heard, `CAPABILITY .*${escaped(name)}(?![\\w-])`),
    ),
    ...missing('data item', Object.keys(fetchItems), (name) => some(fetches, itemIn(name))),
    ...missing('search key', Object.keys(searchKeys), (key) => some(searches, `[ (]${key}(?=[ )]|$)`)),
    ...missing('sort key', sortKeys, (key) => some(said, `^\\S+ (?:UID )?SORT \\((?:.* )?${key}[ )]`)),
    ...missing('threading algorithm', threadAlgorithms, (name) => some(said, `^\\S+ (?:UID )?THREAD ${name} `)),
    ...missing('macro', Object.keys(fetchMacros), (name) => some(fetches, itemIn(name))),
  ]
}

/** `BODY[]` stands for any section, and is not `BODY`. */
const itemIn = (name: string): string =>
  name.endsWith('[]') ? `[ (]${escaped(name.slice(0, -1))}` : `[ (]${escaped(name)}(?=[ )]|$)`

const some = (lines: readonly string[], source: string): boolean => {
  const pattern = new RegExp(source, 'i')
  return lines.some((line) => pattern.test(line))
}
