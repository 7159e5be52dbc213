/**
 * Schema with number 10: what each user's messages are charged (decision 12), and the limits. The counters are kept
 * in the transactions that store and remove messages.
 */
export const quota = `
-- Mail of our own that warns of the quota costs nothing.
ALTER TABLE message ADD COLUMN exempt INTEGER NOT NULL DEFAULT 0 CHECK (exempt IN (0, 1));
CREATE INDEX message_exempt ON message (mailbox) WHERE exempt = 1;

ALTER TABLE account ADD COLUMN quota_used INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN quota_count INTEGER NOT NULL DEFAULT 0;
-- NULL: as the configuration has it; 0: no limit
ALTER TABLE account ADD COLUMN quota_octets INTEGER CHECK (quota_octets >= 0);
ALTER TABLE account ADD COLUMN quota_messages INTEGER CHECK (quota_messages >= 0);
-- Per cent that the user was warned of last.
ALTER TABLE account ADD COLUMN quota_warned INTEGER NOT NULL DEFAULT 0 CHECK (quota_warned IN (0, 80, 90, 95));

UPDATE account SET quota_used = held.octets, quota_count = held.n
FROM (SELECT b.account, sum(m.size + min(m.size / 20, 65536)) AS octets, count(*) AS n
      FROM message m JOIN mailbox b ON b.id = m.mailbox GROUP BY b.account) AS held
WHERE held.account = account.id;
`
