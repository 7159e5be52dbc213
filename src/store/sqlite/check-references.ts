/**
 * The part of `store check` that follows every declared reference. Tables that this file does not name are found
 * through their declarations, so that one that is added later is looked after as well.
 */
import type { Fix, KeyValue } from '../fixes.js'
import type { Report } from './check.js'
import type { Statements } from './statements.js'

interface Reference {
  readonly table: string
  readonly parent: string
  /** Column here, column there. */
  readonly columns: readonly (readonly [string, string])[]
}

type Row = Readonly<Record<string, KeyValue>>

export function checkReferences(sql: Statements, report: Report): void {
  for (const reference of references(sql)) {
    const key = keyOf(sql, reference.table)
    const { table, parent, columns } = reference
    const same = columns.map(([here, there]) => `p."${there}" = c."${here}"`).join(' AND ')
    const set = columns.map(([here]) => `c."${here}" IS NOT NULL`).join(' AND ')
    const wanted = [...new Set([...key, ...columns.map(([here]) => here)])].map((name) => `c."${name}" AS "${name}"`)
    const broken = sql.all<Row>(
      `SELECT ${wanted} FROM "${table}" c
       WHERE ${set} AND NOT EXISTS (SELECT 1 FROM "${parent}" p WHERE ${same}) ${unlessRemoved(reference)}`,
    )
    for (const row of broken) {
      const named = columns.map(([here]) => row[here]).join(', ')
      const detail = `a row of ${table} names ${named} of ${parent}, which is not there`
      report('reference', detail, fixOf(sql, reference, row, key, detail))
    }
  }
}

/** What mailboxes that were removed have left behind waits to be erased, and their threads go with its last message. */
function unlessRemoved({ table, parent, columns }: Reference): string {
  if (parent === 'mailbox' && columns[0] !== undefined)
    return `AND c."${columns[0][0]}" NOT IN (SELECT id FROM removed_mailbox)`
  if (table !== 'thread' || parent !== 'account') return ''
  return `AND c.id NOT IN (SELECT m.thread FROM message m JOIN removed_mailbox r ON r.id = m.mailbox
    WHERE m.thread IS NOT NULL)`
}

function references(sql: Statements): Reference[] {
  const found: Reference[] = []
  for (const { name: table } of sql.all<{ name: string }>("SELECT name FROM sqlite_schema WHERE type = 'table'")) {
    const rows = sql.all<{ id: number; table: string; from: string; to: string | null }>(
      `PRAGMA foreign_key_list("${table}")`,
    )
    for (const id of new Set(rows.map((row) => row.id))) {
      const mine = rows.filter((row) => row.id === id)
      const parent = mine[0]?.table ?? ''
      const columns = mine.map(({ from, to }, i) => [from, to ?? keyOf(sql, parent)[i] ?? 'rowid'] as const)
      found.push({ table, parent, columns })
    }
  }
  return found
}

function keyOf(sql: Statements, table: string): string[] {
  const key = sql
    .all<{ name: string; pk: number }>(`PRAGMA table_info("${table}")`)
    .filter(({ pk }) => pk > 0)
    .sort((a, b) => a.pk - b.pk)
  return key.length === 0 ? ['rowid'] : key.map(({ name }) => name)
}

/** What names a message goes to quarantine with it; a content comes back; the rest is a row too many. */
function fixOf(sql: Statements, { table, parent }: Reference, row: Row, key: readonly string[], reason: string): Fix {
  const { mailbox, uid, blob, id } = row
  if (parent === 'domain' && typeof row['domain'] === 'string' && table !== 'catch_all')
    return { fix: 'domain', name: row['domain'] }
  if (table === 'blob_content') return { fix: 'blob-row', blob: Number(blob) }
  if (parent === 'blob' && table.endsWith('message') && hasContent(sql, Number(blob)))
    return { fix: 'blob-row', blob: Number(blob) }
  if (parent === 'thread' && table === 'message')
    return { fix: 'leave-thread', mailbox: mailbox as never, uid: uid as never }
  if (table === 'message') return { fix: 'quarantine-message', mailbox: mailbox as never, uid: uid as never, reason }
  if (table === 'queue_message') return { fix: 'quarantine-queued', id: String(id), reason }
  return { fix: 'drop-row', table, key: Object.fromEntries(key.map((name) => [name, row[name] ?? 0])) }
}

const hasContent = (sql: Statements, blob: number): boolean =>
  sql.get('SELECT 1 FROM blob_content WHERE blob = ?', blob) !== undefined
