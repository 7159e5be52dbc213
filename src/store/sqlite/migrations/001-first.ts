/**
 * Schema 1. References are declared for `store check` (PRAGMA foreign_key_check) and not enforced on each
 * row: the write functions keep them, and enforcing them would need an index on message(blob).
 */
export const first = `
-- Counters of the whole store. uid_validity: the last one that was given to any mailbox.
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
INSERT INTO counter VALUES ('uid_validity', 0);

CREATE TABLE domain (name TEXT PRIMARY KEY, created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE account (
  id            INTEGER PRIMARY KEY AUTOINCREMENT,
  address       TEXT NOT NULL UNIQUE,
  domain        TEXT NOT NULL REFERENCES domain (name),
  display_name  TEXT NOT NULL,
  password_hash TEXT NOT NULL,
  status        TEXT NOT NULL CHECK (status IN ('active', 'inactive')),
  created_at    INTEGER NOT NULL,
  last_login    INTEGER
) STRICT;
CREATE INDEX account_domain ON account (domain, address);

CREATE TABLE mailbox (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  account        INTEGER NOT NULL REFERENCES account (id),
  name           TEXT NOT NULL,
  special_use    TEXT,
  subscribed     INTEGER NOT NULL,
  uid_validity   INTEGER NOT NULL,
  uid_next       INTEGER NOT NULL DEFAULT 1,
  highest_modseq INTEGER NOT NULL DEFAULT 1,
  -- Kept in the transactions that change them, so that STATUS reads one row.
  first_recent   INTEGER NOT NULL DEFAULT 1,
  recent         INTEGER NOT NULL DEFAULT 0,
  messages       INTEGER NOT NULL DEFAULT 0,
  unseen         INTEGER NOT NULL DEFAULT 0,
  deleted        INTEGER NOT NULL DEFAULT 0,
  size           INTEGER NOT NULL DEFAULT 0,
  UNIQUE (account, name)
) STRICT;

-- Keywords of a mailbox by the order of their first use; a message names them by position.
CREATE TABLE keyword (
  mailbox  INTEGER NOT NULL REFERENCES mailbox (id),
  position INTEGER NOT NULL CHECK (position BETWEEN 0 AND 255),
  name     TEXT NOT NULL,
  PRIMARY KEY (mailbox, position)
) STRICT, WITHOUT ROWID;

CREATE TABLE blob (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  sha256 BLOB NOT NULL UNIQUE CHECK (length(sha256) = 32),
  size   INTEGER NOT NULL,
  refs   INTEGER NOT NULL CHECK (refs >= 0),
  -- 1: blobs/ab/cd/<sha256>; 0: blob_content
  file   INTEGER NOT NULL
) STRICT;
CREATE INDEX blob_unreferenced ON blob (id) WHERE refs = 0;

CREATE TABLE blob_content (blob INTEGER PRIMARY KEY REFERENCES blob (id), octets BLOB NOT NULL) STRICT;

-- What FETCH needs without opening the message; derived, so it can be made again from the octets.
CREATE TABLE blob_index (
  blob            INTEGER PRIMARY KEY REFERENCES blob (id),
  envelope        BLOB NOT NULL,
  body            BLOB NOT NULL,
  body_structure  BLOB NOT NULL,
  message_id      TEXT,
  received_fields INTEGER NOT NULL,
  parts           TEXT NOT NULL
) STRICT;

CREATE TABLE message (
  mailbox       INTEGER NOT NULL REFERENCES mailbox (id),
  uid           INTEGER NOT NULL,
  blob          INTEGER NOT NULL REFERENCES blob (id),
  size          INTEGER NOT NULL,
  internal_date INTEGER NOT NULL,
  internal_zone INTEGER NOT NULL,
  PRIMARY KEY (mailbox, uid)
) STRICT, WITHOUT ROWID;

-- Narrow and apart from message, so that a STORE over a whole mailbox rewrites little.
CREATE TABLE message_flags (
  mailbox  INTEGER NOT NULL,
  uid      INTEGER NOT NULL,
  modseq   INTEGER NOT NULL,
  system   INTEGER NOT NULL,
  -- One octet for each keyword: its position, ascending. NULL: none.
  keywords BLOB,
  PRIMARY KEY (mailbox, uid),
  FOREIGN KEY (mailbox, uid) REFERENCES message (mailbox, uid)
) STRICT, WITHOUT ROWID;

-- What a client that comes back may ask to be told of (RFC 7162 §3.2.7).
CREATE TABLE expunged (
  mailbox INTEGER NOT NULL REFERENCES mailbox (id),
  modseq  INTEGER NOT NULL,
  uid     INTEGER NOT NULL,
  PRIMARY KEY (mailbox, modseq, uid)
) STRICT, WITHOUT ROWID;

CREATE TABLE queue_message (
  id          TEXT PRIMARY KEY,
  sender      TEXT NOT NULL,
  blob        INTEGER NOT NULL REFERENCES blob (id),
  enqueued_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE queue_recipient (
  message      TEXT NOT NULL REFERENCES queue_message (id),
  recipient    TEXT NOT NULL,
  status       TEXT NOT NULL CHECK (status IN ('pending', 'delivered', 'failed')),
  retry_count  INTEGER NOT NULL DEFAULT 0,
  next_retry   INTEGER NOT NULL,
  last_attempt INTEGER,
  last_error   TEXT,
  PRIMARY KEY (message, recipient)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_due ON queue_recipient (next_retry, message, recipient) WHERE status = 'pending';
`
