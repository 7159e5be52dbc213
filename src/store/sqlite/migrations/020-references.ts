/** Schema 20: leads from a content to what refers to it, so that nothing is erased on the word of a counter alone. */
export const references = `
CREATE INDEX message_blob ON message (blob);
CREATE INDEX queue_message_blob ON queue_message (blob);
`
