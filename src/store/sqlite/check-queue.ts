/** The questions of `store check` about the queue: its counters, what its recipients are, and what they refer to. */
import type { Rule } from './check-rules.js'

export const QUEUE_RULES: readonly Rule[] = [
  {
    kind: 'queue',
    sql: `SELECT 'queue entry ' || m.id || ' has no recipients' AS detail, m.id FROM queue_message m
      WHERE NOT EXISTS (SELECT 1 FROM queue_recipient r WHERE r.message = m.id)`,
    fix: ({ id, detail }) => ({ fix: 'quarantine-queued', id, reason: detail }),
  },
  {
    kind: 'queue-destination',
    sql: `SELECT 'destination ' || c.destination || ' says pending, held, next due are '
        || concat_ws(', ', coalesce(d.pending, 'none'), d.held, d.next_due) || ' and has '
        || concat_ws(', ', c.pending, c.held, c.next_due) AS detail,
        c.destination, c.pending - coalesce(d.pending, 0) AS pending, c.held - coalesce(d.held, 0) AS held
      FROM (
        SELECT destination, sum(status = 'pending') AS pending, sum(status = 'held') AS held,
          min(next_retry) FILTER (WHERE status = 'pending' AND claimed = 0) AS next_due
        FROM queue_recipient WHERE status IN ('pending', 'held') GROUP BY destination
        UNION ALL SELECT destination, 0, 0, NULL FROM queue_destination x WHERE NOT EXISTS (
          SELECT 1 FROM queue_recipient r WHERE r.destination = x.destination AND status IN ('pending', 'held'))
      ) c LEFT JOIN queue_destination d ON d.destination = c.destination
      WHERE (d.pending, d.held, d.next_due) IS NOT (c.pending, c.held, c.next_due) OR c.pending + c.held = 0`,
    fix: ({ destination, pending, held }) => ({ fix: 'queue-destination', destination, pending, held }),
  },
  {
    kind: 'queue-recipient',
    sql: `SELECT 'recipient ' || recipient || ' of queue entry ' || message || ' is ' || status
        || CASE claimed WHEN 0 THEN '' ELSE ' and claimed' END || ', and its sender is owed '
        || coalesce('a report: ' || report, 'none') AS detail, message AS id, recipient
      FROM queue_recipient WHERE NOT CASE status
        WHEN 'pending' THEN report IS NULL OR report = 'delayed'
        WHEN 'held' THEN claimed = 0 AND (report IS NULL OR report = 'delayed')
        WHEN 'failed' THEN claimed = 0 AND report IS 'failed'
        ELSE claimed = 0 AND report IN ('delivered', 'relayed', 'expanded') AND report IS NOT NULL END`,
    fix: ({ id, recipient }) => ({ fix: 'queue-recipient', id, recipient }),
  },
  {
    kind: 'queue-report',
    sql: `SELECT 'queue entry ' || id || ' has a report due at ' || coalesce(report_due, 'no time') || ', and its sender is '
        || iif(owed, 'owed one', 'owed none') AS detail, id
      FROM (SELECT *, EXISTS (SELECT 1 FROM queue_recipient r WHERE r.message = m.id AND report IS NOT NULL) AS owed
        FROM queue_message m)
      WHERE (report_since IS NOT NULL, report_due IS NOT NULL) IS NOT (owed, owed)`,
    fix: ({ id }) => ({ fix: 'queue-report', id }),
  },
  {
    kind: 'queue-attempt',
    sql: `SELECT 'attempt ' || id || ' on queue entry ' || message || ' is of no recipient' AS detail, id AS n
      FROM queue_attempt a WHERE NOT EXISTS (SELECT 1 FROM queue_recipient r WHERE r.attempt = a.id)
        AND NOT EXISTS (SELECT 1 FROM queue_finished f WHERE f.attempt = a.id)`,
    fix: ({ n }) => ({ fix: 'queue-attempt', attempt: n }),
  },
  {
    kind: 'queue-attempt',
    sql: `SELECT 'recipients name attempt ' || attempt || ', which is not there' AS detail, attempt AS n
      FROM (SELECT attempt FROM queue_recipient WHERE attempt IS NOT NULL
        UNION SELECT attempt FROM queue_finished WHERE attempt IS NOT NULL)
      WHERE NOT EXISTS (SELECT 1 FROM queue_attempt a WHERE a.id = attempt)`,
    fix: ({ n }) => ({ fix: 'queue-attempt', attempt: n }),
  },
]
