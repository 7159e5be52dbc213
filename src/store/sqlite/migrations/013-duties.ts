/** Schema with number 13: what the server owes people, found without looking at everything. */
export const duties = `
-- Senders who are to be told of them.
CREATE INDEX queue_failed ON queue_recipient (message, recipient) WHERE status = 'failed';

-- Per cent that the user is to be warned of; 0: nothing.
ALTER TABLE account ADD COLUMN quota_notice INTEGER NOT NULL DEFAULT 0 CHECK (quota_notice IN (0, 80, 90, 95));
CREATE INDEX account_notice ON account (id) WHERE quota_notice > 0;
`
