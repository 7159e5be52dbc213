/**
 * Schema 16: subscriptions are a list of names that outlive their mailboxes (RFC 3501 §6.3.9). What deleted
 * mailboxes have left is charged to their account until it is erased. UIDVALIDITY never goes back for a name.
 */
export const subscriptions = `
CREATE TABLE subscription (
  account INTEGER NOT NULL REFERENCES account (id),
  name    TEXT NOT NULL,
  PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;
INSERT INTO subscription SELECT account, name FROM mailbox WHERE subscribed <> 0;
ALTER TABLE mailbox DROP COLUMN subscribed;

-- NULL: the account is gone as well. It may also be gone since.
ALTER TABLE removed_mailbox ADD COLUMN account INTEGER;

-- The highest UIDVALIDITY of a mailbox that lost its name, by deletion or by a new one.
ALTER TABLE account ADD COLUMN retired_uid_validity INTEGER NOT NULL DEFAULT 0;
`
