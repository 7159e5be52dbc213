/** Schema with number 5: as whom a user may send, and how much in an hour where the configuration is not to count. */
export const sending = `
ALTER TABLE account ADD COLUMN send_as TEXT NOT NULL DEFAULT 'own' CHECK (send_as IN ('own', 'any'));
-- NULL: as the configuration has it; 0: no limit
ALTER TABLE account ADD COLUMN messages_per_hour INTEGER CHECK (messages_per_hour >= 0);
ALTER TABLE account ADD COLUMN recipients_per_hour INTEGER CHECK (recipients_per_hour >= 0);
`
