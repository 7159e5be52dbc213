/**
 * `store check`: reads one snapshot of the database and every content, and holds each against the others.
 * It changes nothing. Mail may flow meanwhile; files that come and go are looked up again before a word is said.
 */
import { existsSync } from 'node:fs'
import { chargeSql } from '../quota.js'
import type { Problem } from '../store.js'
import { checkContents } from './check-contents.js'
import { checkInside } from './check-inside.js'
import { openReader } from './connection.js'
import { Statements } from './statements.js'

export type Report = (kind: string, detail: string) => void

/** A question whose every row is a problem. */
interface Rule {
  readonly kind: string
  readonly sql: string
}

const RULES: readonly Rule[] = [
  {
    kind: 'mailbox-counters',
    sql: `SELECT 'mailbox ' || b.id || ' says messages, unseen, deleted, size, recent are '
        || concat_ws(', ', b.messages, b.unseen, b.deleted, b.size, b.recent) || ' and has '
        || concat_ws(', ', c.messages, c.unseen, c.deleted, c.size, c.recent) AS detail
      FROM mailbox b JOIN (
        SELECT x.id, count(m.uid) AS messages, count(m.uid) FILTER (WHERE f.system & 1 = 0) AS unseen,
          count(m.uid) FILTER (WHERE f.system & 8) AS deleted, coalesce(sum(m.size), 0) AS size,
          count(m.uid) FILTER (WHERE m.uid >= x.first_recent) AS recent
        FROM mailbox x LEFT JOIN message m ON m.mailbox = x.id
          LEFT JOIN message_flags f ON f.mailbox = m.mailbox AND f.uid = m.uid GROUP BY x.id
      ) c ON c.id = b.id
      WHERE (b.messages, b.unseen, b.deleted, b.size, b.recent) IS NOT (c.messages, c.unseen, c.deleted, c.size, c.recent)`,
  },
  {
    kind: 'quota',
    sql: `SELECT 'user ' || a.address || ' is charged ' || a.quota_used || ' octets in ' || a.quota_count
        || ' messages and has ' || c.octets || ' in ' || c.n AS detail
      FROM account a JOIN (
        SELECT x.id, coalesce(sum(${chargeSql('m.size')}), 0) AS octets, count(m.uid) AS n
        FROM account x LEFT JOIN mailbox b ON b.account = x.id
          LEFT JOIN message m ON m.mailbox = b.id AND m.exempt = 0 GROUP BY x.id
      ) c ON c.id = a.id WHERE (a.quota_used, a.quota_count) IS NOT (c.octets, c.n)`,
  },
  {
    kind: 'uid-next',
    sql: `SELECT 'mailbox ' || b.id || ' has UIDNEXT ' || b.uid_next || ' and UID ' || max(m.uid) AS detail
      FROM mailbox b JOIN message m ON m.mailbox = b.id GROUP BY b.id HAVING max(m.uid) >= b.uid_next OR min(m.uid) < 1`,
  },
  {
    kind: 'modseq',
    sql: `SELECT 'mailbox ' || b.id || ' has HIGHESTMODSEQ ' || b.highest_modseq || ' and ' || max(f.modseq) AS detail
      FROM mailbox b JOIN (SELECT mailbox, modseq FROM message_flags UNION ALL SELECT mailbox, modseq FROM expunged) f
        ON f.mailbox = b.id GROUP BY b.id HAVING max(f.modseq) > b.highest_modseq`,
  },
  {
    kind: 'message-flags',
    sql: `SELECT 'message ' || m.uid || ' of mailbox ' || m.mailbox || ' has no flags row' AS detail
      FROM message m LEFT JOIN message_flags f ON f.mailbox = m.mailbox AND f.uid = m.uid WHERE f.uid IS NULL`,
  },
  {
    kind: 'message-size',
    sql: `SELECT 'message ' || m.uid || ' of mailbox ' || m.mailbox || ' says size ' || m.size || ', its content '
        || b.size AS detail
      FROM message m JOIN blob b ON b.id = m.blob WHERE b.size <> m.size`,
  },
  {
    kind: 'expunged',
    sql: `SELECT 'UID ' || e.uid || ' of mailbox ' || e.mailbox || ' is expunged and there' AS detail
      FROM expunged e JOIN message m ON m.mailbox = e.mailbox AND m.uid = e.uid`,
  },
  {
    kind: 'uid-validity',
    sql: `SELECT 'UIDVALIDITY ' || uid_validity || ' was given ' || count(*) || ' times or not yet' AS detail
      FROM mailbox GROUP BY uid_validity
      HAVING count(*) > 1 OR uid_validity > (SELECT value FROM counter WHERE name = 'uid_validity')`,
  },
  {
    kind: 'inbox',
    sql: `SELECT 'user ' || a.address || ' has no INBOX' AS detail FROM account a
      WHERE NOT EXISTS (SELECT 1 FROM mailbox m WHERE m.account = a.id AND m.name = 'INBOX')`,
  },
  {
    kind: 'alias-targets',
    sql: `SELECT 'alias ' || address || ' leads nowhere' AS detail FROM alias
      WHERE NOT EXISTS (SELECT 1 FROM alias_target t WHERE t.alias = alias.address)`,
  },
  {
    kind: 'alias-and-user',
    sql: `SELECT address || ' is a user and an alias' AS detail FROM alias JOIN account USING (address)`,
  },
  {
    kind: 'address-domain',
    sql: `SELECT address || ' is kept as one of ' || domain AS detail
      FROM (SELECT address, domain FROM alias UNION ALL SELECT address, domain FROM account)
      WHERE substr(address, -length(domain) - 1) <> '@' || domain`,
  },
  {
    kind: 'blob-references',
    sql: `SELECT 'blob ' || b.id || ' counts ' || b.refs || ' references and has ' || coalesce(c.n, 0) AS detail
      FROM blob b LEFT JOIN (
        SELECT blob, count(*) AS n FROM (SELECT blob FROM message UNION ALL SELECT blob FROM queue_message) GROUP BY blob
      ) c ON c.blob = b.id WHERE b.refs <> coalesce(c.n, 0)`,
  },
  {
    kind: 'attachments',
    sql: `SELECT 'blob ' || blob || ' has attachments and was not taken apart' AS detail FROM attachment
      WHERE blob NOT IN (SELECT blob FROM extraction WHERE failed IS NULL) GROUP BY blob`,
  },
  {
    kind: 'search-index',
    sql: `SELECT 'row ' || id || ' of the search index ' || CASE WHEN n = 1 THEN 'is missing' ELSE 'is of no message' END
        AS detail
      FROM (
        SELECT 2 * blob AS id, 1 AS n FROM extraction WHERE indexed = 1
        UNION ALL SELECT 2 * blob + 1, 1 FROM extraction WHERE indexed = 1
        UNION ALL SELECT id, -1 FROM search_index_docsize
      ) GROUP BY id HAVING sum(n) <> 0`,
  },
  {
    kind: 'thread-messages',
    sql: `SELECT 'thread ' || t.id || ' counts ' || t.messages || ' messages and has ' || coalesce(c.n, 0) AS detail
      FROM thread t LEFT JOIN (SELECT thread, count(*) AS n FROM message GROUP BY thread) c ON c.thread = t.id
      WHERE t.messages <> coalesce(c.n, 0) OR t.messages < 1`,
  },
  {
    kind: 'thread-account',
    sql: `SELECT 'message ' || m.uid || ' of mailbox ' || m.mailbox || ' is in thread ' || t.id || ' of another user' AS detail
      FROM message m JOIN mailbox b ON b.id = m.mailbox JOIN thread t ON t.id = m.thread WHERE t.account <> b.account`,
  },
  {
    kind: 'thread-members',
    sql: `SELECT 'thread ' || t.id || ' has ' || count(x.name) || ' members, of them ' || coalesce(sum(x.arrived), 0)
        || ' arrived' AS detail
      FROM thread t LEFT JOIN thread_member x ON x.thread = t.id AND x.account = t.account
      GROUP BY t.id HAVING coalesce(sum(x.arrived), 0) = 0
        OR count(x.name) <> (SELECT count(*) FROM thread_member y WHERE y.thread = t.id)`,
  },
  {
    kind: 'queue',
    sql: `SELECT 'queue entry ' || m.id || ' has no recipients' AS detail FROM queue_message m
      WHERE NOT EXISTS (SELECT 1 FROM queue_recipient r WHERE r.message = m.id)`,
  },
]

/** `files`: what lay in the blob folder before, when no commit was under way since. */
export function checkData(
  dir: string,
  files: readonly { readonly name: string; readonly path: string }[],
): readonly Problem[] {
  const problems: Problem[] = []
  const report: Report = (kind, detail) => problems.push({ kind, detail })
  const sql = new Statements(openReader(dir))
  try {
    sql.run('BEGIN')
    checkDatabase(sql, report)
    for (const rule of RULES) for (const { detail } of sql.all<{ detail: string }>(rule.sql)) report(rule.kind, detail)
    checkKeywords(sql, report)
    checkContents(dir, sql, report)
    checkInside(dir, sql, report)
    checkFiles(sql, files, report)
    return problems
  } finally {
    sql.db.close()
  }
}

function checkDatabase(sql: Statements, report: Report): void {
  for (const { integrity_check: line } of sql.all<{ integrity_check: string }>('PRAGMA integrity_check')) {
    if (line !== 'ok') report('database', line)
  }
  const broken = sql.all<{ table: string; parent: string; rowid: number | null }>('PRAGMA foreign_key_check')
  for (const { table, parent } of broken)
    report('reference', `a row of ${table} names one of ${parent} that is not there`)
}

function checkKeywords(sql: Statements, report: Report): void {
  const rows = sql.all<{ mailbox: number; uid: number; keywords: Buffer; known: number }>(
    `SELECT f.mailbox, f.uid, f.keywords, (SELECT count(*) FROM keyword k WHERE k.mailbox = f.mailbox) AS known
     FROM message_flags f WHERE f.keywords IS NOT NULL`,
  )
  for (const { mailbox, uid, keywords, known } of rows) {
    const ascending = keywords.every((position, i) => i === 0 || position > (keywords[i - 1] ?? 0))
    if (!ascending || (keywords.at(-1) ?? known) >= known) {
      report('keywords', `message ${uid} of mailbox ${mailbox} names keywords ${[...keywords]} of ${known}`)
    }
  }
}

function checkFiles(sql: Statements, files: readonly { name: string; path: string }[], report: Report): void {
  for (const { name, path } of files) {
    const row = sql.get('SELECT 1 FROM blob WHERE sha256 = ? AND file = 1', Buffer.from(name, 'hex'))
    if (row === undefined && existsSync(path)) report('orphan-file', `${path} belongs to no message`)
  }
}
