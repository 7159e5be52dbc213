/** Schema 3: aliases, and what a domain does with addresses that are neither a user's nor an alias. */
export const aliases = `
ALTER TABLE domain ADD COLUMN subaddressing INTEGER NOT NULL DEFAULT 1 CHECK (subaddressing IN (0, 1));
ALTER TABLE domain ADD COLUMN separator TEXT NOT NULL DEFAULT '+' CHECK (length(separator) = 1);
ALTER TABLE domain ADD COLUMN detail_folders INTEGER NOT NULL DEFAULT 0 CHECK (detail_folders IN (0, 1));

CREATE TABLE catch_all (
  domain TEXT NOT NULL REFERENCES domain (name),
  target TEXT NOT NULL,
  PRIMARY KEY (domain, target)
) STRICT, WITHOUT ROWID;

CREATE TABLE alias (
  address    TEXT PRIMARY KEY,
  domain     TEXT NOT NULL REFERENCES domain (name),
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_domain ON alias (domain, address);

-- As they were given: the local part of another host's address may know its case (RFC 5321 §2.4).
CREATE TABLE alias_target (
  alias  TEXT NOT NULL REFERENCES alias (address),
  target TEXT NOT NULL,
  PRIMARY KEY (alias, target)
) STRICT, WITHOUT ROWID;

-- The oldest user of a domain without sorting all of them: mail for a postmaster that nobody named.
CREATE INDEX account_active ON account (domain) WHERE status = 'active';
`
