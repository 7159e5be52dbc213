/** Schema 22: reports that come in on mail of ours, and how often they said that an address is no good. */
export const incomingReports = `
CREATE TABLE incoming_report (
  id   INTEGER PRIMARY KEY AUTOINCREMENT,
  -- Without a reference: a content that is gone by then needs no reader.
  blob INTEGER NOT NULL
) STRICT;

CREATE TABLE address_failure (
  -- As addresses are compared.
  address  TEXT PRIMARY KEY,
  failures INTEGER NOT NULL,
  last     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX address_failure_last ON address_failure (last);
`
