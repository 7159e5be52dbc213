/** Schema 12: mailboxes that are gone, and whose messages are being erased a slice at a time. Their ids are not given again. */
export const removedMailboxes = `
CREATE TABLE removed_mailbox (id INTEGER PRIMARY KEY) STRICT;
`
