/** A mail transfer agent alone as a place: nobody looks into its mailboxes, so nothing is prepared, and whoever takes mail will do. */
import { type Header, isImap } from './header.js'
import { Network } from './network.js'
import type { Target } from './target.js'
import type { Credentials, Place, Uses, World } from './world.js'

/** Who stands for a user of a transcript: somebody who can log in, or (without a password) an address that takes mail. */
interface Participant extends Credentials {
  readonly address: string
  readonly canLogIn: boolean
}

/** Those who have an account in their order, behind them those who only take mail. */
export function participantsOf({ users, recipients = [], domain }: Target): readonly Participant[] {
  const accounts = users.map((account): Participant => {
    const { username } = account
    return { ...account, address: username.includes('@') ? username : `${username}@${domain}`, canLogIn: true }
  })
  const known = new Set(accounts.map(({ address }) => address.toLowerCase()))
  const others = recipients.filter((address) => !known.has(address.toLowerCase()))
  return [...accounts, ...others.map((address) => ({ username: address, password: '', address, canLogIn: false }))]
}

/** Whether `target` is played at without a look into its mailboxes. */
export const isMailTransferAlone = ({ ports }: Target): boolean => ports.imap === undefined && ports.imaps === undefined

export class MailTransfer implements Place {
  readonly name: string
  readonly #network: Network
  readonly #participants: readonly Participant[]

  constructor(target: Target) {
    this.#participants = participantsOf(target)
    this.#network = new Network({ ...target, users: this.#participants })
    this.name = this.#network.name
  }

  cannot(header: Header, uses: Uses): string | null {
    const { connections, users } = header
    if (connections.some(({ service }) => isImap(service))) return 'looks into a mailbox, and no IMAP is given'
    const elsewhere = this.#network.cannot(header, uses)
    if (elsewhere !== null) return elsewhere.replace('no account is given', 'no recipient is given')
    const logins = [...uses.logins, ...connections.filter(({ state }) => state === 'auth').map(({ user }) => user)]
    const missing = logins.find((user) => this.#participants[users.indexOf(user)]?.canLogIn === false)
    return missing === undefined ? null : `no account is given for ${missing}`
  }

  open(header: Header): Promise<World> {
    return this.#network.open(header)
  }
}
