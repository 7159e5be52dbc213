/** Schema 4: what MAIL and RCPT said beside the addresses (RFC 3461, RFC 6152, RFC 6531), for the queue. */
export const envelope = `
ALTER TABLE queue_message ADD COLUMN body TEXT CHECK (body IN ('7BIT', '8BITMIME', 'BINARYMIME'));
ALTER TABLE queue_message ADD COLUMN utf8 INTEGER NOT NULL DEFAULT 0;
ALTER TABLE queue_message ADD COLUMN returned TEXT CHECK (returned IN ('full', 'headers'));
ALTER TABLE queue_message ADD COLUMN envelope_id TEXT;
-- With commas; empty: never; NULL: it was not said.
ALTER TABLE queue_recipient ADD COLUMN notify TEXT;
ALTER TABLE queue_recipient ADD COLUMN original_recipient TEXT;
`
