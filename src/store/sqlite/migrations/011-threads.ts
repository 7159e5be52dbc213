/**
 * Schema 11: threads. Triggers count their messages, so that nobody who removes messages can forget it; with its
 * last message a thread goes. What is there already belongs to none.
 */
export const threads = `
CREATE TABLE thread (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  account  INTEGER NOT NULL REFERENCES account (id),
  -- That of the message that began it: how clients know the thread.
  name     BLOB NOT NULL CHECK (length(name) = 16),
  messages INTEGER NOT NULL DEFAULT 0
) STRICT;

-- Messages of the thread, there or only named, by half of the SHA-256 of their Message-ID, or of their content's
-- SHA-256 for those that have none.
CREATE TABLE thread_member (
  account INTEGER NOT NULL,
  name    BLOB NOT NULL CHECK (length(name) = 16),
  thread  INTEGER NOT NULL REFERENCES thread (id),
  -- 0: named by others
  arrived INTEGER NOT NULL CHECK (arrived IN (0, 1)),
  PRIMARY KEY (account, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX thread_member_thread ON thread_member (thread);

ALTER TABLE message ADD COLUMN thread INTEGER REFERENCES thread (id);

CREATE TRIGGER message_joins AFTER INSERT ON message WHEN new.thread IS NOT NULL BEGIN
  UPDATE thread SET messages = messages + 1 WHERE id = new.thread;
END;
CREATE TRIGGER message_leaves AFTER DELETE ON message WHEN old.thread IS NOT NULL BEGIN
  UPDATE thread SET messages = messages - 1 WHERE id = old.thread;
  DELETE FROM thread_member WHERE thread = (SELECT id FROM thread WHERE id = old.thread AND messages = 0);
  DELETE FROM thread WHERE id = old.thread AND messages = 0;
END;
`
