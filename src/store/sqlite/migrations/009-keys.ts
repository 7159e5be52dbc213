/**
 * Schema 9: by what messages are sorted and put into threads. Apart from blob_index, whose rows are ten times
 * as long: SORT and THREAD read these of a whole mailbox. What is there already has none until it is repaired.
 */
export const keys = `
CREATE TABLE blob_keys (
  blob         INTEGER PRIMARY KEY REFERENCES blob (id),
  subject      TEXT NOT NULL,
  is_reply     INTEGER NOT NULL CHECK (is_reply IN (0, 1)),
  "from"       TEXT NOT NULL,
  "to"         TEXT NOT NULL,
  cc           TEXT NOT NULL,
  display_from TEXT NOT NULL,
  display_to   TEXT NOT NULL,
  -- NULL: INTERNALDATE takes its place
  sent_date    INTEGER,
  message_id   TEXT,
  -- With spaces between; NULL: none.
  in_reply_to  TEXT,
  "references" TEXT
) STRICT;
`
