/** Schema 19: notes of expunged messages may be dropped. Of those up to this modseq it is not known any more which there were. */
export const expungedFloor = `
ALTER TABLE mailbox ADD COLUMN expunged_floor INTEGER NOT NULL DEFAULT 0;
`
