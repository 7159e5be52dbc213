/** The questions of `store check` that SQL answers: every row of an answer is a problem, and names its repair. */
import type { MailboxId, Uid } from '../../core/ids.js'
import type { Fix } from '../fixes.js'
import { chargeSql } from '../quota.js'
import { QUEUE_RULES } from './check-queue.js'
import { MAILBOXES_OF } from './read-quota.js'

/** What a row tells beside `detail`: SQL has no types, so the claim stands here. */
interface Found {
  readonly detail: string
  readonly mailbox: MailboxId
  readonly uid: Uid
  readonly blob: number
  readonly account: number
  readonly thread: number
  readonly address: string
  readonly id: string
  readonly n: number
  readonly messages: number
  readonly unseen: number
  readonly deleted: number
  readonly size: number
  readonly recent: number
  readonly firstRecent: number
  readonly ids: string
  readonly destination: string
  readonly recipient: string
  readonly pending: number
  readonly held: number
}

export interface Rule {
  readonly kind: string
  /** Gives `detail`, and what `fix` reads. */
  readonly sql: string
  readonly fix: (found: Found) => Fix
}

export const RULES: readonly Rule[] = [
  {
    kind: 'mailbox-counters',
    sql: `SELECT 'mailbox ' || b.id || ' says messages, unseen, deleted, size, recent are '
        || concat_ws(', ', b.messages, b.unseen, b.deleted, b.size, b.recent) || ' and has '
        || concat_ws(', ', c.messages, c.unseen, c.deleted, c.size, c.recent) AS detail,
        b.id AS mailbox, b.first_recent AS firstRecent, c.messages - b.messages AS messages,
        c.unseen - b.unseen AS unseen, c.deleted - b.deleted AS deleted, c.size - b.size AS size,
        c.recent - b.recent AS recent
      FROM mailbox b JOIN (
        SELECT x.id, count(m.uid) AS messages, count(m.uid) FILTER (WHERE f.system & 1 = 0) AS unseen,
          count(m.uid) FILTER (WHERE f.system & 8) AS deleted, coalesce(sum(m.size), 0) AS size,
          count(m.uid) FILTER (WHERE m.uid >= x.first_recent) AS recent
        FROM mailbox x LEFT JOIN message m ON m.mailbox = x.id
          LEFT JOIN message_flags f ON f.mailbox = m.mailbox AND f.uid = m.uid GROUP BY x.id
      ) c ON c.id = b.id
      WHERE (b.messages, b.unseen, b.deleted, b.size, b.recent) IS NOT (c.messages, c.unseen, c.deleted, c.size, c.recent)`,
    fix: ({ mailbox, messages, unseen, deleted, size, recent, firstRecent }) => ({
      fix: 'count-mailbox',
      ...{ mailbox, messages, unseen, deleted, size, recent, firstRecent },
    }),
  },
  {
    kind: 'quota',
    sql: `SELECT 'user ' || a.address || ' is charged ' || a.quota_used || ' octets in ' || a.quota_count
        || ' messages and has ' || c.octets || ' in ' || c.n AS detail,
        a.id AS account, c.octets - a.quota_used AS size, c.n - a.quota_count AS n
      FROM account a JOIN (
        SELECT x.id, coalesce(sum(${chargeSql('m.size')}), 0) AS octets, count(m.uid) AS n
        FROM account x LEFT JOIN ${MAILBOXES_OF} b ON b.account = x.id
          LEFT JOIN message m ON m.mailbox = b.id AND m.exempt = 0 GROUP BY x.id
      ) c ON c.id = a.id WHERE (a.quota_used, a.quota_count) IS NOT (c.octets, c.n)`,
    fix: ({ account, size, n }) => ({ fix: 'quota', account, octets: size, messages: n }),
  },
  {
    kind: 'blob-references',
    sql: `SELECT 'blob ' || b.id || ' counts ' || b.refs || ' references and has ' || coalesce(c.n, 0) AS detail,
        b.id AS blob, coalesce(c.n, 0) - b.refs AS n
      FROM blob b LEFT JOIN (
        SELECT blob, count(*) AS n FROM (SELECT blob FROM message UNION ALL SELECT blob FROM queue_message) GROUP BY blob
      ) c ON c.blob = b.id WHERE b.refs <> coalesce(c.n, 0)`,
    fix: ({ blob, n }) => ({ fix: 'refs', blob, by: n }),
  },
  {
    kind: 'uid-next',
    sql: `SELECT 'mailbox ' || b.id || ' has UIDNEXT ' || b.uid_next || ' and UID ' || max(m.uid) AS detail,
        b.id AS mailbox, max(m.uid) + 1 AS n
      FROM mailbox b JOIN (SELECT mailbox, uid FROM message UNION ALL SELECT mailbox, uid FROM expunged) m
        ON m.mailbox = b.id GROUP BY b.id HAVING max(m.uid) >= b.uid_next`,
    fix: ({ mailbox, n }) => ({ fix: 'raise', mailbox, uidNext: n, modseq: 0 }),
  },
  {
    kind: 'uid-range',
    sql: `SELECT 'message ' || uid || ' of mailbox ' || mailbox || ' has a UID that cannot be' AS detail, mailbox, uid
      FROM message WHERE uid < 1 OR uid > 4294967295`,
    fix: ({ mailbox, uid, detail }) => ({ fix: 'quarantine-message', mailbox, uid, reason: detail }),
  },
  {
    kind: 'modseq',
    sql: `SELECT 'mailbox ' || b.id || ' has HIGHESTMODSEQ ' || b.highest_modseq || ' and ' || max(f.modseq) AS detail,
        b.id AS mailbox, max(f.modseq) AS n
      FROM mailbox b JOIN (SELECT mailbox, modseq FROM message_flags UNION ALL SELECT mailbox, modseq FROM expunged) f
        ON f.mailbox = b.id GROUP BY b.id HAVING max(f.modseq) > b.highest_modseq`,
    fix: ({ mailbox, n }) => ({ fix: 'raise', mailbox, uidNext: 0, modseq: n }),
  },
  {
    kind: 'expunged-floor',
    sql: `SELECT 'mailbox ' || id || ' has HIGHESTMODSEQ ' || highest_modseq || ' and has forgotten what went up to '
        || expunged_floor AS detail, id AS mailbox, expunged_floor AS n
      FROM mailbox WHERE expunged_floor > highest_modseq`,
    fix: ({ mailbox, n }) => ({ fix: 'raise', mailbox, uidNext: 0, modseq: n }),
  },
  {
    kind: 'message-flags',
    sql: `SELECT 'message ' || m.uid || ' of mailbox ' || m.mailbox || ' has no flags row' AS detail, m.mailbox, m.uid
      FROM message m LEFT JOIN message_flags f ON f.mailbox = m.mailbox AND f.uid = m.uid WHERE f.uid IS NULL`,
    fix: ({ mailbox, uid }) => ({ fix: 'flags', mailbox, uid }),
  },
  {
    kind: 'message-size',
    sql: `SELECT 'message ' || m.uid || ' of mailbox ' || m.mailbox || ' says size ' || m.size || ', its content '
        || b.size AS detail, m.mailbox, m.uid
      FROM message m JOIN blob b ON b.id = m.blob WHERE b.size <> m.size`,
    fix: ({ mailbox, uid }) => ({ fix: 'message-size', mailbox, uid }),
  },
  {
    kind: 'expunged',
    sql: `SELECT 'UID ' || e.uid || ' of mailbox ' || e.mailbox || ' is expunged and there' AS detail, e.mailbox, e.uid
      FROM expunged e JOIN message m ON m.mailbox = e.mailbox AND m.uid = e.uid`,
    fix: ({ mailbox, uid }) => ({ fix: 'expunged', mailbox, uid }),
  },
  {
    kind: 'keyword-list',
    sql: `SELECT 'mailbox ' || mailbox || ' has ' || count(*) || ' keywords, the last at place ' || max(position)
        AS detail, mailbox
      FROM keyword GROUP BY mailbox HAVING max(position) >= count(*)`,
    fix: ({ mailbox }) => ({ fix: 'keyword-list', mailbox }),
  },
  {
    kind: 'uid-validity',
    sql: `SELECT 'UIDVALIDITY ' || uid_validity || ' was given ' || count(*) || ' times or not yet' AS detail,
        uid_validity AS n, group_concat(id) AS ids
      FROM mailbox GROUP BY uid_validity
      HAVING count(*) > 1 OR uid_validity > coalesce((SELECT value FROM counter WHERE name = 'uid_validity'), 0)`,
    // The oldest keeps it.
    fix: ({ n, ids }) => ({ fix: 'uid-validity', atLeast: n, renew: mailboxes(ids).slice(1) }),
  },
  {
    kind: 'uid-validity',
    sql: `SELECT 'user ' || address || ' had a UIDVALIDITY of ' || retired_uid_validity || ', which was not given yet'
        AS detail, retired_uid_validity AS n
      FROM account WHERE retired_uid_validity > coalesce((SELECT value FROM counter WHERE name = 'uid_validity'), 0)`,
    fix: ({ n }) => ({ fix: 'uid-validity', atLeast: n, renew: [] }),
  },
  {
    kind: 'inbox',
    sql: `SELECT 'user ' || a.address || ' has no INBOX' AS detail, a.id AS account FROM account a
      WHERE NOT EXISTS (SELECT 1 FROM mailbox m WHERE m.account = a.id AND m.name = 'INBOX')`,
    fix: ({ account }) => ({ fix: 'inbox', account }),
  },
  {
    kind: 'removed-mailbox',
    sql: `SELECT 'mailbox ' || id || ' is removed and there' AS detail, id AS mailbox
      FROM removed_mailbox JOIN mailbox USING (id)`,
    fix: ({ mailbox }) => ({ fix: 'keep-mailbox', mailbox }),
  },
  {
    kind: 'alias-targets',
    sql: `SELECT 'alias ' || address || ' leads nowhere' AS detail, address FROM alias
      WHERE NOT EXISTS (SELECT 1 FROM alias_target t WHERE t.alias = alias.address)`,
    fix: ({ address }) => ({ fix: 'remove-alias', address }),
  },
  {
    kind: 'alias-and-user',
    sql: `SELECT address || ' is a user and an alias' AS detail, address FROM alias JOIN account USING (address)`,
    fix: ({ address }) => ({ fix: 'remove-alias', address }),
  },
  ...(['alias', 'account'] as const).map(
    (table): Rule => ({
      kind: 'address-domain',
      sql: `SELECT address || ' is kept as one of ' || domain AS detail, address FROM ${table}
        WHERE substr(address, -length(domain) - 1) <> '@' || domain`,
      fix: ({ address }) => ({ fix: 'address-domain', table, address }),
    }),
  ),
  {
    kind: 'attachments',
    sql: `SELECT 'blob ' || blob || ' has attachments and was not taken apart' AS detail, blob FROM attachment
      WHERE blob NOT IN (SELECT blob FROM extraction WHERE failed IS NULL) GROUP BY blob`,
    fix: ({ blob }) => ({ fix: 'extraction', blob }),
  },
  {
    kind: 'search-index',
    sql: `SELECT 'row ' || id || ' of the search index ' || CASE WHEN n = 1 THEN 'is missing' ELSE 'is of no message' END
        AS detail, id / 2 AS blob
      FROM (
        SELECT 2 * blob AS id, 1 AS n FROM extraction WHERE indexed = 1
        UNION ALL SELECT 2 * blob + 1, 1 FROM extraction WHERE indexed = 1
        UNION ALL SELECT id, -1 FROM search_index_docsize
      ) GROUP BY id HAVING sum(n) <> 0`,
    fix: ({ blob }) => ({ fix: 'extraction', blob }),
  },
  {
    kind: 'thread-messages',
    sql: `SELECT 'thread ' || t.id || ' counts ' || t.messages || ' messages and has ' || coalesce(c.n, 0) AS detail,
        t.id AS thread, coalesce(c.n, 0) - t.messages AS n
      FROM thread t LEFT JOIN (SELECT thread, count(*) AS n FROM message GROUP BY thread) c ON c.thread = t.id
      WHERE t.messages <> coalesce(c.n, 0) OR t.messages < 1`,
    fix: ({ thread, n }) => ({ fix: 'thread', thread, messages: n }),
  },
  {
    kind: 'thread-account',
    sql: `SELECT 'message ' || m.uid || ' of mailbox ' || m.mailbox || ' is in thread ' || t.id || ' of another user'
        AS detail, m.mailbox, m.uid
      FROM message m JOIN mailbox b ON b.id = m.mailbox JOIN thread t ON t.id = m.thread WHERE t.account <> b.account`,
    fix: ({ mailbox, uid }) => ({ fix: 'leave-thread', mailbox, uid }),
  },
  {
    kind: 'thread-members',
    sql: `SELECT 'thread ' || t.id || ' has ' || count(x.name) || ' members, of them ' || coalesce(sum(x.arrived), 0)
        || ' arrived' AS detail, t.id AS thread
      FROM thread t LEFT JOIN thread_member x ON x.thread = t.id AND x.account = t.account
      GROUP BY t.id HAVING coalesce(sum(x.arrived), 0) = 0
        OR count(x.name) <> (SELECT count(*) FROM thread_member y WHERE y.thread = t.id)`,
    fix: ({ thread }) => ({ fix: 'thread-members', thread }),
  },
  {
    kind: 'unfinished-copy',
    sql: `SELECT 'copy ' || c.id || ' made messages up to UID ' || c.last || ' in mailbox ' || b.id || ', whose UIDNEXT is '
        || b.uid_next AS detail, c.id AS n, c.first AS uid
      FROM unfinished_copy c JOIN mailbox b ON b.id = c.mailbox WHERE c.last >= b.uid_next`,
    fix: ({ n, uid }) => ({ fix: 'drop-row', table: 'unfinished_copy', key: { id: n, first: uid } }),
  },
  ...QUEUE_RULES,
]

const mailboxes = (ids: string): MailboxId[] =>
  ids
    .split(',')
    .map((id) => Number(id) as MailboxId)
    .sort((a, b) => a - b)
