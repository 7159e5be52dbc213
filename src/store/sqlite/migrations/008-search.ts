/**
 * Schema 8: what is inside of messages, made in the background. A blob without a row in extraction still waits.
 *
 * The index has two rows for a message: 2 × blob for its header fields, 2 × blob + 1 for its text. It keeps
 * neither text nor places, for each hit is looked at again: an eighth of the size of the usual kind
 * (docs/decisions/019-texts-decoded-here.md). The text goes in folded, so that the index need not know what is the same.
 */
export const search = `
CREATE TABLE extraction (
  blob   INTEGER PRIMARY KEY REFERENCES blob (id),
  -- null: done; else why it cannot be done
  failed TEXT,
  -- The text is in search_index. 0: it was not to be; 2: there is too much of it
  indexed INTEGER NOT NULL CHECK (indexed IN (0, 1, 2))
) STRICT;

CREATE TABLE attachment (
  blob        INTEGER NOT NULL REFERENCES blob (id),
  position    INTEGER NOT NULL,
  part        TEXT NOT NULL,
  name        TEXT,
  type        TEXT NOT NULL,
  disposition TEXT,
  content_id  TEXT,
  size        INTEGER NOT NULL,
  sha256      BLOB NOT NULL CHECK (length(sha256) = 32),
  -- How the octets [start, end) of the message are to be decoded
  encoding    TEXT NOT NULL,
  start_at    INTEGER NOT NULL,
  end_at      INTEGER NOT NULL,
  PRIMARY KEY (blob, position)
) STRICT, WITHOUT ROWID;

CREATE VIRTUAL TABLE search_index USING fts5 (
  text, content = '', contentless_delete = 1, detail = none, tokenize = 'trigram case_sensitive 1'
);
`
