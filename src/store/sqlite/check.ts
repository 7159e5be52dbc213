/**
 * `store check`: reads one snapshot of the database and every content, and holds each against the others.
 * It changes nothing. Mail may flow meanwhile; files that come and go are looked up again before a word is said.
 */
import { existsSync } from 'node:fs'
import type { MailboxId, Uid } from '../../core/ids.js'
import type { Fix } from '../fixes.js'
import type { Problem } from '../store.js'
import { checkContents } from './check-contents.js'
import { checkInside } from './check-inside.js'
import { checkReferences } from './check-references.js'
import { RULES, type Rule } from './check-rules.js'
import { openReader } from './connection.js'
import { isDamage, isIndexDamage } from './disk-refusal.js'
import { isKnownFile } from './known-files.js'
import { Statements } from './statements.js'

/** A problem, and what `store repair` does about it; null when it knows nothing. */
export interface Finding extends Problem {
  readonly fixes: readonly Fix[]
}

export type Report = (kind: string, detail: string, ...fixes: Fix[]) => void

/** `files`: what lay in the blob folder before, when no commit was under way since. */
export function checkData(
  dir: string,
  files: readonly { readonly name: string; readonly path: string }[],
): readonly Finding[] {
  const findings: Finding[] = []
  const said = new Set<string>()
  const report: Report = (kind, detail, ...fixes) => {
    // Several parts may come upon the same page.
    if (said.has(`${kind} ${detail}`)) return
    said.add(`${kind} ${detail}`)
    findings.push({ kind, detail, fixes })
  }
  const sql = new Statements(openReader(dir))
  try {
    sql.run('BEGIN')
    const parts = [
      () => checkDatabase(sql, report),
      ...RULES.map((rule) => () => checkRule(sql, rule, report)),
      () => checkReferences(sql, report),
      () => checkKeywords(sql, report),
      () => checkContents(dir, sql, report),
      () => checkInside(dir, sql, report),
      () => checkFiles(sql, files, report),
    ]
    for (const part of parts) untilCorrupt(part, report)
    return findings
  } finally {
    sql.db.close()
  }
}

/** A part that comes upon a page which makes no sense says so and ends; the others may still find something. */
function untilCorrupt(part: () => void, report: Report): void {
  try {
    part()
  } catch (error) {
    if (!isDamage(error)) throw error
    if (isIndexDamage(error)) reportIndex(error.message, report)
    else report('database', error.message)
  }
}

/** There is nothing in it that cannot be made again. */
const reportIndex = (detail: string, report: Report): void =>
  report('search-index-damaged', detail, { fix: 'search-index' })

function checkRule(sql: Statements, { kind, sql: question, fix }: Rule, report: Report): void {
  for (const found of sql.all<Parameters<typeof fix>[0]>(question)) report(kind, found.detail, fix(found))
}

function checkDatabase(sql: Statements, report: Report): void {
  for (const { integrity_check: line } of sql.all<{ integrity_check: string }>('PRAGMA integrity_check')) {
    if (line === 'ok') continue
    if (line.includes('search_index')) reportIndex(line, report)
    // An index can be made again from its table; anything else is beyond a repair in place.
    else if (/\bindex\b/.test(line)) report('database', line, { fix: 'reindex' })
    else report('database', line)
  }
}

function checkKeywords(sql: Statements, report: Report): void {
  const rows = sql.all<{ mailbox: MailboxId; uid: Uid; keywords: Buffer; known: number }>(
    `SELECT f.mailbox, f.uid, f.keywords, (SELECT count(*) FROM keyword k WHERE k.mailbox = f.mailbox) AS known
     FROM message_flags f WHERE f.keywords IS NOT NULL`,
  )
  for (const { mailbox, uid, keywords, known } of rows) {
    const ascending = keywords.every((position, i) => i === 0 || position > (keywords[i - 1] ?? 0))
    if (!ascending || (keywords.at(-1) ?? known) >= known) {
      const detail = `message ${uid} of mailbox ${mailbox} names keywords ${[...keywords]} of ${known}`
      report('keywords', detail, { fix: 'keywords', mailbox, uid })
    }
  }
}

function checkFiles(sql: Statements, files: readonly { name: string; path: string }[], report: Report): void {
  for (const { name, path } of files) {
    if (!isKnownFile(sql, name) && existsSync(path))
      report('orphan-file', `${path} belongs to no message`, { fix: 'quarantine-file', path })
  }
}
