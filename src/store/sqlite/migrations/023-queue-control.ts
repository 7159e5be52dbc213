/** Schema 23: the recipients of one destination in the order of the listing, whatever becomes of them. */
export const queueControl = `
CREATE INDEX queue_recipient_destination ON queue_recipient (destination, message, recipient);
`
