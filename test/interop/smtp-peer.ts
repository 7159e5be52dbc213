/** What a mail transfer agent that others wrote is for the conformance tester: who has mail there, and where it listens. */
import type { Account } from './dovecot-auth.js'

export const PEER_DOMAIN = 'peer.test'

/** They may log in where mail is submitted. As many as a transcript has at most. */
export const PEER_ACCOUNTS: readonly Account[] = ['one', 'two', 'three', 'four'].map((name) => ({
  username: `${name}@${PEER_DOMAIN}`,
  password: `secret of ${name}`,
}))

export interface PeerPorts {
  readonly smtp: number
  readonly submission: number
  readonly submissions: number
}

export interface SmtpPeer {
  /** As peers.md heads its section. */
  readonly name: string
  readonly hostname: string
  readonly ports: PeerPorts
  /** For the message of a test that fails. */
  log(): Promise<string>
  stop(): Promise<void>
}
