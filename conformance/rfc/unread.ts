/** RFCs that are cited and whose text was not at hand: sections as we remember them, with their titles where we do. */

interface Remembered {
  readonly title: string
  readonly sections: Readonly<Record<string, string>>
}

const IMPLEMENTED: Readonly<Record<string, Remembered>> = {
  2033: {
    title: 'Local Mail Transfer Protocol',
    sections: {
      '1': 'Introduction',
      '2': 'Conventions Used in this Document',
      '3': 'The LMTP protocol',
      '4': 'Changes to SMTP',
      '4.1': 'The LHLO, HELO and EHLO Commands',
      '4.2': 'The DATA Command',
      '4.3': 'The BDAT Command',
      '5': 'Implementation requirements',
    },
  },
  2180: {
    title: 'IMAP4 Multi-Accessed Mailbox Practice',
    sections: {
      '3': 'Deletion/Renaming of a multi-accessed mailbox',
      '3.1': 'The DELETE/RENAME is refused',
      '3.2': 'DELETE, but keep the information for those who have access to the mailbox',
      '3.3': 'DELETE/RENAME, but disconnect all other clients',
      '3.4': 'RENAME by simply changing the name attribute',
      '4': 'Expunging of messages on a multi-accessed mailbox',
      '4.1': 'Fetching of expunged messages',
      '4.1.1': 'FETCH responses for all messages',
      '4.1.2': 'FETCH responses for non-expunged messages and a tagged NO',
      '4.1.3': 'The EXPUNGE is refused',
      '4.2': 'Storing of expunged messages',
      '4.3': 'Searching of expunged messages',
      '4.4': 'Copying of expunged messages',
    },
  },
  3848: { title: 'ESMTP and LMTP Transmission Types Registration', sections: { '2': '' } },
  5051: { title: 'i;unicode-casemap - Simple Unicode Collation Algorithm', sections: { '2': '' } },
  5255: {
    title: 'Internet Message Access Protocol Internationalization',
    sections: {
      '4': 'I18NLEVEL=1 and I18NLEVEL=2 Extensions',
      '4.1': 'Introduction and Overview',
      '4.2': 'Requirements Common to Both',
      '4.3': 'I18NLEVEL=1 Extension Requirements',
    },
  },
  6152: {
    title: 'SMTP Service Extension for 8-bit MIME Transport',
    sections: {
      '1': 'Introduction',
      '2': 'Framework for the 8-bit MIME Transport Extension',
      '3': 'The 8-bit MIME Transport Service Extension',
      '4': 'Usage Example',
    },
  },
  6409: {
    title: 'Message Submission for Mail',
    sections: {
      '3': 'Message Submission',
      '3.1': 'Submission Identification',
      '3.2': 'Message Rejection and Bouncing',
      '3.3': 'Authorized Submission',
      '4': 'Mandatory Actions',
      '4.1': 'General Submission Rejection Code',
      '4.2': 'Ensure All Domains Are Fully Qualified',
      '4.3': 'Require Authentication',
      '5': 'Recommended Actions',
      '5.1': 'Enforce Address Syntax',
      '5.2': 'Log Errors',
      '5.3': 'Apply Shorter Timeouts',
      '6': 'Optional Actions',
      '6.1': 'Enforce Submission Rights',
      '6.2': 'Enforce Permissions',
      '6.3': 'Check Message Data',
      '6.4': 'Support for the Postmaster Address',
      '6.5': 'Adjust Character Encodings',
      '7': 'Interaction with SMTP Extensions',
      '8': 'Message Modifications',
      '8.1': "Add 'Sender'",
      '8.2': "Add 'Date'",
      '8.3': "Add 'Message-ID'",
      '8.4': 'Transfer Encode',
      '8.5': 'Sign the Message',
      '8.6': 'Encrypt the Message',
      '8.7': 'Resolve Aliases',
      '8.8': 'Header Rewriting',
    },
  },
  7505: {
    title: 'A "Null MX" No Service Resource Record for Domains That Accept No Mail',
    sections: { '3': 'MX Resource Records Specifying Null MX', '4': 'Effects of Null MX' },
  },
  8314: {
    title: 'Cleartext Considered Obsolete: Use of Transport Layer Security (TLS) for Email Submission and Access',
    sections: {
      '3': 'Implicit TLS',
      '3.1': 'Implicit TLS for POP',
      '3.2': 'Implicit TLS for IMAP',
      '3.3': 'Implicit TLS for SMTP Submission',
      '7': 'IANA Considerations',
    },
  },
  9422: {
    title: 'The LIMITS SMTP Service Extension',
    sections: {
      '3': 'The LIMITS extension',
      '4': 'Initial Limits',
      '4.1': 'MAILMAX Limit',
      '4.2': 'RCPTMAX Limit',
      '4.3': 'RCPTDOMAINMAX Limit',
    },
  },
  9585: {
    title: 'IMAP Response Code for Command Progress Notifications',
    sections: { '3': 'CAPABILITY Identification', '4': 'The INPROGRESS Response Code' },
  },
}

const OF_USE: Readonly<Record<string, Remembered>> = {
  822: { title: 'Standard for the Format of ARPA Internet Text Messages', sections: {} },
  1035: {
    title: 'Domain Names - Implementation and Specification',
    sections: { '2.3.4': 'Size limits', '4.1.1': 'Header section format' },
  },
  1078: { title: 'TCP Port Service Multiplexer (TCPMUX)', sections: {} },
  1122: { title: 'Requirements for Internet Hosts - Communication Layers', sections: { '3.2.1.3': 'Addressing' } },
  1428: { title: 'Transition of Internet Mail from Just-Send-8 to 8bit-SMTP/MIME', sections: { '3': '' } },
  1847: {
    title: 'Security Multiparts for MIME: Multipart/Signed and Multipart/Encrypted',
    sections: { '2.1': 'Definition of Multipart/Signed' },
  },
  1918: { title: 'Address Allocation for Private Internets', sections: {} },
  2152: { title: 'UTF-7: A Mail-Safe Transformation Format of Unicode', sections: {} },
  2308: { title: 'Negative Caching of DNS Queries (DNS NCACHE)', sections: { '5': 'Caching Negative Answers' } },
  2554: { title: 'SMTP Service Extension for Authentication', sections: {} },
  2557: { title: 'MIME Encapsulation of Aggregate Documents, such as HTML (MHTML)', sections: { '4.4.2': '' } },
  3282: { title: 'Content Language Headers', sections: { '2': 'The Content-language header' } },
  3339: { title: 'Date and Time on the Internet: Timestamps', sections: {} },
  3454: {
    title: 'Preparation of Internationalized Strings ("stringprep")',
    sections: { '6': 'Bidirectional Characters' },
  },
  3548: { title: 'The Base16, Base32, and Base64 Data Encodings', sections: {} },
  3696: {
    title: 'Application Techniques for Checking and Transformation of Names',
    sections: { '2': 'Restrictions on domain (DNS) names' },
  },
  3834: {
    title: 'Recommendations for Automatic Responses to Electronic Mail',
    sections: { '5': 'The Auto-Submitted header field' },
  },
  3927: { title: 'Dynamic Configuration of IPv4 Link-Local Addresses', sections: {} },
  4055: {
    title: 'Additional Algorithms and Identifiers for RSA Cryptography for use in X.509 certificates',
    sections: { '2.1': 'One-way Hash Functions', '3.1': 'RSASSA-PSS Public Keys' },
  },
  4291: {
    title: 'IP Version 6 Addressing Architecture',
    sections: {
      '2.4': 'Address Type Identification',
      '2.5.3': 'The Loopback Address',
      '2.5.5.2': 'IPv4-Mapped IPv6 Address',
    },
  },
  4422: {
    title: 'Simple Authentication and Security Layer (SASL)',
    sections: {
      '3': 'The Authentication Exchange',
      '3.1': 'Mechanism Naming',
      '3.2': 'Mechanism Negotiation',
      '3.3': 'Request Authentication Exchange',
      '3.4': 'Challenges and Responses',
      '3.4.1': 'Authorization Identity String',
      '3.5': 'Aborting Authentication Exchanges',
      '3.6': 'Authentication Outcome',
      '3.7': 'Security Layers',
      '3.8': 'Multiple Authentications',
      '4': 'Protocol Requirements',
      '5': 'Mechanism Requirements',
    },
  },
  4648: {
    title: 'The Base16, Base32, and Base64 Data Encodings',
    sections: { '4': 'Base 64 Encoding', '10': 'Test Vectors' },
  },
  4790: { title: 'Internet Application Protocol Collation Registry', sections: { '9.3': '' } },
  5056: { title: 'On the Use of Channel Bindings to Secure Channels', sections: { '2.1': '' } },
  5248: { title: 'A Registry for SMTP Enhanced Mail System Status Codes', sections: { '2.4': '' } },
  5280: {
    title: 'Internet X.509 Public Key Infrastructure Certificate and Certificate Revocation List (CRL) Profile',
    sections: { '4.1': 'Basic Certificate Fields' },
  },
  5537: { title: 'Netnews Architecture and Protocols', sections: { '3.4.4': '' } },
  5891: {
    title: 'Internationalized Domain Names in Applications (IDNA): Protocol',
    sections: { '5': 'Domain Name Lookup Protocol' },
  },
  5892: {
    title: 'The Unicode Code Points and Internationalized Domain Names for Applications (IDNA)',
    sections: { 'A.1': 'ZERO WIDTH NON-JOINER' },
  },
  5929: {
    title: 'Channel Bindings for TLS',
    sections: { '4': "The 'tls-server-end-point' Channel Binding Type", '4.1': 'Description' },
  },
  5952: { title: 'A Recommendation for IPv6 Address Text Representation', sections: {} },
  6066: {
    title: 'Transport Layer Security (TLS) Extensions: Extension Definitions',
    sections: { '3': 'Server Name Indication' },
  },
  6177: { title: 'IPv6 Address Assignment to End Sites', sections: { '2': '' } },
  6186: { title: 'Use of SRV Records for Locating Email Submission/Access Services', sections: {} },
  6266: {
    title: 'Use of the Content-Disposition Header Field in the Hypertext Transfer Protocol (HTTP)',
    sections: { '4': 'Header Field Definition' },
  },
  6750: {
    title: 'The OAuth 2.0 Authorization Framework: Bearer Token Usage',
    sections: { '2.1': 'Authorization Request Header Field' },
  },
  6761: {
    title: 'Special-Use Domain Names',
    sections: { '6.3': 'Domain Name Reservation Considerations for "localhost."' },
  },
  6838: {
    title: 'Media Type Specifications and Registration Procedures',
    sections: { '4.2': 'Naming Requirements' },
  },
  6854: {
    title: 'Update to Internet Message Format to Allow Group Syntax in the "From:" and "Sender:" Header Fields',
    sections: { '2.1': '' },
  },
  8264: {
    title: 'PRECIS Framework: Preparation, Enforcement, and Comparison of Internationalized Strings',
    sections: {
      '9': 'Category Definitions Used to Calculate Derived Property',
      '9.1': 'LetterDigits (A)',
      '9.17': 'HasCompat (Q)',
    },
  },
  8265: {
    title: 'Preparation, Enforcement, and Comparison of Internationalized Strings Representing Usernames and Passwords',
    sections: { '4.2.2': 'Enforcement' },
  },
  8305: {
    title: 'Happy Eyeballs Version 2: Better Connectivity Using Concurrency',
    sections: {
      '4': 'Sorting Addresses',
      '5': 'Connection Attempts',
      '8': 'Summary of Configurable Values',
    },
  },
  8446: {
    title: 'The Transport Layer Security (TLS) Protocol Version 1.3',
    sections: { '4.4.2': 'Certificate', '5.1': 'Record Layer' },
  },
  9266: {
    title: 'Channel Bindings for TLS 1.3',
    sections: { '2': "The 'tls-exporter' Channel Binding Type", '4.2': 'Use with Legacy TLS' },
  },
  9325: {
    title: 'Recommendations for Secure Use of TLS and DTLS',
    sections: { '3.4': '', '3.5': '', '4.2': '', '6': '' },
  },
  9457: { title: 'Problem Details for HTTP APIs', sections: { '3.1': 'Members of a Problem Details Object' } },
  9525: {
    title: 'Service Identity in TLS',
    sections: { '2': '', '6.3': 'Matching the DNS Domain Name Portion' },
  },
}

export const unread: Readonly<Record<string, Remembered>> = { ...IMPLEMENTED, ...OF_USE }
