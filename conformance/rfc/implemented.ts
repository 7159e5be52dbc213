/** The RFCs that we implement, as far as a peer can see it: each has its section in docs/rfc.md. */

/** In the order of docs/rfc.md. 9051 only as far as IMAP4rev1 and its extensions have the same. */
export const IMPLEMENTED = {
  IMAP: [
    ...['3501', '9051', '2087', '2177', '2180', '2342', '2971', '3348', '3502', '3691', '4315', '4959', '5032', '5161'],
    ...['5255', '5256', '5258', '5530', '5819', '6154', '6851', '7888', '7889', '8438', '9208', '9585'],
  ],
  SMTP: [
    ...['5321', '1652', '1870', '2033', '2034', '2920', '3030', '3207', '3461', '3463', '3848', '4954', '6152', '6409'],
    ...['6531', '7505', '8314', '9422'],
  ],
  'Authentication (SASL)': ['2195', '4616', '5802', '7677'],
  Messages: ['5322', '2045', '2046', '2047', '2183', '2231', '3464', '6522', '6532', '6533'],
} as const satisfies Readonly<Record<string, readonly string[]>>

export const implemented: readonly string[] = Object.values(IMPLEMENTED).flat()
