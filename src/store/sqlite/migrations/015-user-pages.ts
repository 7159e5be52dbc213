/** Schema 15: users of one status are found without a look at all others. */
export const userPages = `
CREATE INDEX account_status ON account (status, address);
CREATE INDEX account_domain_status ON account (domain, status, address);
`
