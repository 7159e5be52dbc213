/** Schema with number 7: by which protocols a user may log in, and passwords beside the main one. */
export const appPasswords = `
ALTER TABLE account ADD COLUMN allow_smtp INTEGER NOT NULL DEFAULT 1 CHECK (allow_smtp IN (0, 1));
ALTER TABLE account ADD COLUMN allow_imap INTEGER NOT NULL DEFAULT 1 CHECK (allow_imap IN (0, 1));

CREATE TABLE app_password (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  account    INTEGER NOT NULL REFERENCES account (id),
  name       TEXT NOT NULL,
  digest     BLOB NOT NULL CHECK (length(digest) = 32),
  allow_smtp INTEGER NOT NULL CHECK (allow_smtp IN (0, 1)),
  allow_imap INTEGER NOT NULL CHECK (allow_imap IN (0, 1)),
  created_at INTEGER NOT NULL,
  last_used  INTEGER,
  UNIQUE (account, name),
  UNIQUE (account, digest)
) STRICT;
`
