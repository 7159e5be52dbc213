/**
 * Schema 6: what was delivered not long ago, for the duplicate window. Mailboxes that are gone may be named:
 * their ids are not given again, and the rows go with time.
 */
export const recent = `
CREATE TABLE recent_delivery (
  mailbox  INTEGER NOT NULL,
  -- SHA-256 of the message as it was sent to us
  received BLOB NOT NULL CHECK (length(received) = 32),
  at       INTEGER NOT NULL,
  PRIMARY KEY (mailbox, received)
) STRICT, WITHOUT ROWID;
CREATE INDEX recent_delivery_at ON recent_delivery (at);
`
