/** Schema 14: from a target back to the aliases and catch-alls that lead to it. */
export const leading = `
CREATE INDEX alias_target_target ON alias_target (target);
CREATE INDEX catch_all_target ON catch_all (target);
`
