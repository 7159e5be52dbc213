/** Brings mail as mail comes: to the sessions of src/smtp, by SMTP or LMTP, into the store that the IMAP sessions have. */
import { setImmediate as turn } from 'node:timers/promises'
import type { Directory } from '../../src/accounts/contracts.js'
import type { World } from '../imap-world.js'
import { type SmtpPeer, SmtpSite } from '../smtp-site.js'

/** Turns of the event loop in which a reply must have come, as in session.ts. */
const TURNS = 5_000_000
const RECIPIENT = 'alice@example.org'

/** A mail server whose one user is that of the world. */
class Office extends SmtpSite {
  override readonly clock: World['clock']
  override readonly store: World['store']
  override readonly directory: Directory

  constructor({ clock, store, account, inbox: mailbox }: World) {
    super()
    this.clock = clock
    this.store = store
    this.directory = { resolve: async () => ({ kind: 'local', account, mailbox, address: RECIPIENT }) }
  }
}

export class Postman {
  readonly #office: Office

  constructor(world: World) {
    this.#office = new Office(world)
  }

  /** Resolves when the message is accepted. `text` without lines that begin with a dot. */
  async deliver(text: string, protocol: 'smtp' | 'lmtp'): Promise<void> {
    const peer = this.#office.connect(protocol)
    const hello = protocol === 'smtp' ? 'EHLO' : 'LHLO'
    await expectReply(peer, '', '220')
    await expectReply(peer, `${hello} client.example\r\n`, '250')
    await expectReply(peer, 'MAIL FROM:<a@b.example>\r\n', '250')
    await expectReply(peer, `RCPT TO:<${RECIPIENT}>\r\n`, '250')
    await expectReply(peer, 'DATA\r\n', '354')
    await expectReply(peer, `${text}.\r\n`, '250')
    await expectReply(peer, 'QUIT\r\n', '221')
    await peer.served
  }
}

/** Sends, and waits for the reply. A store with threads takes as many turns as it takes. */
async function expectReply(peer: SmtpPeer, octets: string, code: string): Promise<void> {
  const before = peer.text.length
  if (octets !== '') peer.stream.write(octets)
  for (let i = 0; i < TURNS; i++) {
    const reply = /^(\d{3}) .*\r\n$/m.exec(peer.text.slice(before))
    if (reply?.[1] === code) return
    if (reply !== null) throw new Error(`the answer to ${octets} was ${peer.text.slice(before)}`)
    await turn()
  }
  throw new Error(`no answer to ${octets}`)
}
