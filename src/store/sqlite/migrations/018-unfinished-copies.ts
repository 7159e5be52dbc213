/** Schema 18: copies of so many messages that they are made in slices, until the last one is there or all are gone again. */
export const unfinishedCopies = `
CREATE TABLE unfinished_copy (
  -- One COPY has several rows: one for each slice that is there.
  id      INTEGER NOT NULL,
  -- It may be gone since.
  mailbox INTEGER NOT NULL,
  first   INTEGER NOT NULL,
  last    INTEGER NOT NULL CHECK (last >= first),
  PRIMARY KEY (id, first)
) STRICT, WITHOUT ROWID;
`
