/**
 * Schema 17: what mail of earlier releases lacks is made in the background. Contents without sort keys (schema 9)
 * are listed; messages without a thread (schema 11) are found by an index that has nobody else in it, by date, so
 * that a message mostly comes before its answers.
 */
export const unkeyed = `
CREATE TABLE unkeyed (
  blob INTEGER PRIMARY KEY REFERENCES blob (id)
) STRICT;
INSERT INTO unkeyed SELECT id FROM blob WHERE id NOT IN (SELECT blob FROM blob_keys);

CREATE TRIGGER unkeyed_goes AFTER DELETE ON blob BEGIN
  DELETE FROM unkeyed WHERE blob = old.id;
END;

CREATE INDEX message_unthreaded ON message (internal_date) WHERE thread IS NULL;
`
