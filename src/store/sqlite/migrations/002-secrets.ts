/**
 * Schema 2: what is kept beside the password hash for mechanisms that never see the password. Accounts of
 * before have no row, until their password is set again.
 */
export const secrets = `
CREATE TABLE account_secret (
  account          INTEGER PRIMARY KEY REFERENCES account (id),
  -- RFC 5802 §5.1. All four, or none.
  scram_salt       BLOB,
  scram_iterations INTEGER,
  scram_stored_key BLOB,
  scram_server_key BLOB,
  -- Sealed under DATA/secret.key.
  cram_md5         BLOB
) STRICT;
`
