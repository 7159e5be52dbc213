/**
 * Schema 21: the queue by destination. Nobody looks for work in queue_recipient: queue_destination says who has some,
 * and when, and is kept in the transactions that change it.
 */
export const outbound = `
-- Behind the last @, in lower case: rtrim takes away every sign that is none.
CREATE TABLE queue_recipient_new (
  message            TEXT NOT NULL REFERENCES queue_message (id),
  recipient          TEXT NOT NULL,
  destination        TEXT NOT NULL,
  -- delivered, failed: only as long as a report is owed
  status             TEXT NOT NULL CHECK (status IN ('pending', 'held', 'delivered', 'failed')),
  -- 1: somebody tries it now, or did when the server died
  claimed            INTEGER NOT NULL DEFAULT 0 CHECK (claimed IN (0, 1)),
  retry_count        INTEGER NOT NULL DEFAULT 0,
  next_retry         INTEGER NOT NULL,
  last_attempt       INTEGER,
  last_host          TEXT,
  -- As an SMTP reply.
  last_error         TEXT,
  -- Row of queue_attempt.
  attempt            INTEGER,
  -- When it came, as long as the sender may still be told that it takes long; else NULL.
  unwarned           INTEGER,
  -- What the sender is still to be told.
  report             TEXT CHECK (report IN ('failed', 'delayed', 'delivered', 'relayed', 'expanded')),
  -- With commas; empty: never; NULL: it was not said.
  notify             TEXT,
  original_recipient TEXT,
  PRIMARY KEY (message, recipient)
) STRICT, WITHOUT ROWID;
INSERT INTO queue_recipient_new (message, recipient, destination, status, retry_count, next_retry, last_attempt,
    last_error, unwarned, report, notify, original_recipient)
  SELECT message, recipient, lower(substr(recipient, 1 + length(rtrim(recipient, replace(recipient, '@', ''))))), status,
    retry_count, next_retry, last_attempt, last_error,
    CASE WHEN status = 'pending' AND sender <> '' AND coalesce(',' || notify || ',' LIKE '%,delay,%', 1) THEN enqueued_at END,
    CASE status WHEN 'failed' THEN 'failed' END, notify, original_recipient
  FROM queue_recipient JOIN queue_message ON id = message WHERE status <> 'delivered';
DROP TABLE queue_recipient;
ALTER TABLE queue_recipient_new RENAME TO queue_recipient;
CREATE INDEX queue_due ON queue_recipient (destination, next_retry, message, recipient)
  WHERE status = 'pending' AND claimed = 0;
CREATE INDEX queue_claimed ON queue_recipient (message, recipient) WHERE claimed = 1;
CREATE INDEX queue_unwarned ON queue_recipient (unwarned)
  WHERE unwarned IS NOT NULL AND status = 'pending' AND last_attempt IS NOT NULL AND report IS NULL;
CREATE INDEX queue_report ON queue_recipient (message, recipient) WHERE report IS NOT NULL;
CREATE INDEX queue_recipient_attempt ON queue_recipient (attempt) WHERE attempt IS NOT NULL;

-- Since when the sender is owed a report, and when it is due; NULL: none is owed.
ALTER TABLE queue_message ADD COLUMN report_since INTEGER;
ALTER TABLE queue_message ADD COLUMN report_due INTEGER;
CREATE INDEX queue_message_report ON queue_message (report_due, id) WHERE report_due IS NOT NULL;
UPDATE queue_message SET report_since = enqueued_at, report_due = enqueued_at
  WHERE id IN (SELECT message FROM queue_recipient WHERE report IS NOT NULL);

CREATE TABLE queue_destination (
  destination TEXT PRIMARY KEY,
  -- Claimed ones count.
  pending     INTEGER NOT NULL,
  held        INTEGER NOT NULL,
  -- Of those that nobody has; NULL: there are none.
  next_due    INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_destination_due ON queue_destination (next_due) WHERE next_due IS NOT NULL;
INSERT INTO queue_destination
  SELECT destination, count(*), 0, min(next_retry) FROM queue_recipient WHERE status = 'pending' GROUP BY destination;

-- Nothing is claimed for them.
CREATE TABLE queue_pause (destination TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;

-- New mail that fits is held.
CREATE TABLE queue_hold_rule (
  name       TEXT PRIMARY KEY,
  sender     TEXT,
  recipient  TEXT,
  created_at INTEGER NOT NULL,
  CHECK (sender IS NOT NULL OR recipient IS NOT NULL)
) STRICT, WITHOUT ROWID;

-- The last attempt of whoever names it in queue_recipient or queue_finished.
CREATE TABLE queue_attempt (
  id         INTEGER PRIMARY KEY,
  message    TEXT NOT NULL,
  at         INTEGER NOT NULL,
  host       TEXT,
  transcript TEXT NOT NULL
) STRICT;

CREATE TABLE queue_finished (
  id          INTEGER PRIMARY KEY,
  message     TEXT NOT NULL,
  sender      TEXT NOT NULL,
  recipient   TEXT NOT NULL,
  destination TEXT NOT NULL,
  outcome     TEXT NOT NULL CHECK (outcome IN ('delivered', 'failed', 'dropped', 'bounced')),
  reply       TEXT,
  host        TEXT,
  retry_count INTEGER NOT NULL,
  size        INTEGER NOT NULL,
  enqueued_at INTEGER NOT NULL,
  finished_at INTEGER NOT NULL,
  attempt     INTEGER
) STRICT;
CREATE INDEX queue_finished_at ON queue_finished (finished_at);
CREATE INDEX queue_finished_message ON queue_finished (message, recipient);
CREATE INDEX queue_finished_attempt ON queue_finished (attempt) WHERE attempt IS NOT NULL;

CREATE TABLE suppressed (
  address TEXT PRIMARY KEY,
  reason  TEXT NOT NULL,
  since   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`
